// A GGUF model in llama.cpp (wllama, wasm): tokens of a text, and probabilities of tokens. Runs only in a worker or thread.
import { Wllama } from "@wllama/wllama/esm/index.js";

/** As the number of most probable tokens. */
const ALL_TOKENS = -1;
/** Log lines that say why a model was refused. */
const REFUSAL = /^(gguf_init\w*|llama_model_load\w*): (?!failed to load model)(.*)$/;

/** The address of the wasm file, which is set before a model is opened. */
let wasm = "";
export function configureLlama(wasmUrl: string): void {
  wasm = wasmUrl;
}

export class LlamaSession {
  private constructor(private readonly llama: Wllama) {}

  static readonly version = Wllama.getLibllamaVersion();

  /** tokens: length of the context. Throws an error with llama.cpp's own words if it refuses the file. */
  static async open(file: Blob, tokens: number): Promise<LlamaSession> {
    const reasons: string[] = [];
    const note = (line: unknown): void => {
      const reason = REFUSAL.exec(String(line))?.[2];
      if (reason !== undefined) reasons.push(reason);
    };
    const ignore = (): void => undefined;
    const llama = new Wllama(
      { "single-thread/wllama.wasm": wasm },
      { logger: { debug: ignore, log: note, warn: note, error: note } },
    );
    try {
      await llama.loadModel([file], {
        ...{ n_ctx: tokens, n_batch: tokens, n_threads: 1, flash_attn: false },
        // halves in the cache would round keys and values
        ...{ cache_type_k: "f32", cache_type_v: "f32" },
      });
    } catch (error) {
      if (reasons.length > 0) throw new Error(reasons.join("; "));
      throw error;
    }
    return new LlamaSession(llama);
  }

  /** Token ids of a text, without what the tokenizer adds to it; "<s>" in the text is the token. */
  tokenize(text: string): Promise<number[]> {
    return this.llama.tokenize(text, true);
  }

  /**
   * Log-probabilities of every token after each of the ids from `first` on: (ids.length - first, V). The ids before them are computed at
   * once, the others one at a time with the KV cache. NaN where a probability is no number: the build exponentiates logits as they are.
   */
  async logProbabilities(ids: Uint32Array, first: number): Promise<Float32Array<ArrayBuffer>> {
    const { n_vocab: vocab } = this.llama.getLoadedContextInfo();
    const out = new Float32Array((ids.length - first) * vocab);
    await this.llama.kvClear();
    if (first > 0) await this.llama.decode([...ids.subarray(0, first)], { skipLogits: true });
    for (let i = first; i < ids.length; i++) {
      await this.llama.decode([ids[i]!], {});
      for (const { token, p } of await this.llama.getLogits(ALL_TOKENS)) out[(i - first) * vocab + token] = Math.log(p);
    }
    return out;
  }
}
