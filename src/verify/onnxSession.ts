// An ONNX decoder in onnxruntime-web (wasm): logits of tokens, with and without its KV cache. Runs only in a worker or thread.
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { OnnxTimes } from "./protocol.ts";

/** More threads than this gain little on the small matrix products of a decoder. */
const MAX_THREADS = 4;
const PAST = "past_key_values.";
const PRESENT = "present.";

/** Sets the number of threads, up to the number of `cores`, and where the runtime's files are; in Node it finds them itself. Comes before a session. */
export function configureOnnx({ cores, files }: { cores: number; files?: { wasm: string; mjs?: string } }): void {
  if (files) env.wasm.wasmPaths = files;
  env.wasm.numThreads = Math.min(MAX_THREADS, cores);
  env.logLevel = "error";
}

/** Keys and values of `tokens` positions, under the names of the inputs that take them. */
interface Cache {
  tokens: number;
  tensors: Readonly<Record<string, Tensor>>;
}

export class OnnxSession {
  private readonly session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.session = session;
  }

  /** Throws the error of onnxruntime, or one that names the inputs and outputs if the graph is not a decoder. */
  static async open(
    model: Uint8Array,
    externalData: readonly { path: string; data: Uint8Array }[],
  ): Promise<OnnxSession> {
    const session = await InferenceSession.create(model, {
      executionProviders: ["wasm"],
      externalData: [...externalData],
      logSeverityLevel: 3,
    });
    const { inputNames, outputNames } = session;
    if (!inputNames.includes("input_ids") || !outputNames.includes("logits"))
      throw new Error(
        `expected an input input_ids and an output logits, got inputs ${inputNames.join(", ")} and outputs ${outputNames.join(", ")}`,
      );
    return new OnnxSession(session);
  }

  static get facts(): { version: string; threads: number } {
    return { version: env.versions.web ?? env.versions.common, threads: env.wasm.numThreads ?? 1 };
  }

  /** Logits (T, V) of all ids at once, from an empty cache. */
  async forward(ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    return (await this.run(ids, this.emptyCache())).logits;
  }

  /** The same logits with the KV cache: the first `prompt` ids at once, then one at a time. */
  async decode(ids: Uint32Array, prompt: number): Promise<Float32Array<ArrayBuffer>> {
    let { logits, cache } = await this.run(ids.subarray(0, prompt), this.emptyCache());
    const all = new Float32Array((logits.length / prompt) * ids.length);
    all.set(logits);
    let at = logits.length;
    for (let i = prompt; i < ids.length; i++) {
      ({ logits, cache } = await this.run(ids.subarray(i, i + 1), cache));
      all.set(logits, at);
      at += logits.length;
    }
    return all;
  }

  /** Times forwards over all ids, after one that is not counted, and then tokens decoded one at a time after the ids. */
  async time(ids: Uint32Array, decodeTokens: number, repeats: number): Promise<OnnxTimes> {
    const timed = async <T>(times: number[], work: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const result = await work();
      times.push(performance.now() - began);
      return result;
    };
    const [forwardMs, decodeMs]: [number[], number[]] = [[], []];
    let { cache } = await this.run(ids, this.emptyCache());
    for (let i = 0; i < repeats; i++) await timed(forwardMs, () => this.run(ids, this.emptyCache()));
    for (let i = 0; i < decodeTokens; i++) {
      const at = i % ids.length;
      ({ cache } = await timed(decodeMs, () => this.run(ids.subarray(at, at + 1), cache)));
    }
    return { forwardMs, decodeMs };
  }

  private emptyCache(): Cache {
    const tensors: Record<string, Tensor> = {};
    for (const input of this.session.inputMetadata) {
      if (!input.name.startsWith(PAST)) continue;
      if (!input.isTensor || input.type !== "float32")
        throw new Error(`${input.name}: expected a float32 tensor, got ${input.isTensor ? input.type : "none"}`);
      // batch 1, heads, no position yet, head width: named dimensions are not fixed
      const [, heads, , width] = input.shape;
      tensors[input.name] = new Tensor("float32", new Float32Array(0), [1, Number(heads), 0, Number(width)]);
    }
    return { tokens: 0, tensors };
  }

  private async run(
    ids: Uint32Array,
    { tokens, tensors }: Cache,
  ): Promise<{ logits: Float32Array<ArrayBuffer>; cache: Cache }> {
    const count = ids.length;
    const integers = (values: ArrayLike<number>): Tensor =>
      new Tensor("int64", BigInt64Array.from(Array.from(values), BigInt), [1, values.length]);
    const inputs: Record<string, Tensor> = {
      input_ids: integers(ids),
      attention_mask: integers(new Uint8Array(tokens + count).fill(1)),
      position_ids: integers(Uint32Array.from({ length: count }, (_, i) => tokens + i)),
      ...tensors,
    };
    // not every family takes positions
    const taken = Object.entries(inputs).filter(([name]) => this.session.inputNames.includes(name));
    const outputs = await this.session.run(Object.fromEntries(taken));
    const logits = outputs["logits"]?.data;
    if (!(logits instanceof Float32Array)) throw new Error("expected float32 logits");
    const present = Object.entries(outputs)
      .filter(([name]) => name.startsWith(PRESENT))
      .map(([name, tensor]) => [PAST + name.slice(PRESENT.length), tensor] as const);
    return {
      logits: logits as Float32Array<ArrayBuffer>,
      cache: { tokens: tokens + count, tensors: Object.fromEntries(present) },
    };
  }
}
