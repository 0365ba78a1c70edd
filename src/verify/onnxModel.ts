// An ONNX model in a worker of its own, where onnxruntime-web computes its logits: the foreign runtime that an export has to satisfy.
import { EngineError, type Folder, invariant, ONNX_FILE } from "../engine/index.ts";
import type { FromOnnx, OnnxCommand, OnnxReplies, OnnxTimes, ToOnnx } from "./protocol.ts";

type CommandOf<T extends OnnxCommand["type"]> = Extract<OnnxCommand, { type: T }>;

/** Bytes of a file that are on their way at a time. */
const PART_BYTES = 16 * 1024 * 1024;
/** wasm addresses are 32 bits wide. */
const MEMORY_BYTES = 2 ** 32;
const CANCEL_MS = 100;

const RUNTIME = "onnxruntime-web";

export interface OnnxOptions {
  /** Path of the graph in the folder. */
  model?: string;
  /** Looked at ten times a second; true ends the worker and rejects what waits with "cancelled". */
  cancelled?: () => boolean;
}

export class OnnxModel {
  readonly runtime = RUNTIME;
  /** Of onnxruntime-web; empty until the model is open. */
  version = "";
  threads = 0;
  private readonly worker = new Worker(new URL("./onnxWorker.ts", import.meta.url), { type: "module", name: RUNTIME });
  private readonly pending = new Map<number, { resolve(value: never): void; reject(error: EngineError): void }>();
  private readonly timer: ReturnType<typeof setInterval>;
  private lastId = 0;
  private ended: EngineError | undefined;

  constructor(cancelled: () => boolean) {
    this.worker.onmessage = ({ data }: MessageEvent<FromOnnx>) => {
      const waiting = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ("value" in data) waiting?.resolve(data.value as never);
      else waiting?.reject(errorOf(this.version, data.failure));
    };
    this.worker.onerror = ({ message }) =>
      this.end(
        new EngineError(
          "unsupported",
          `${RUNTIME} could not be started here (${message || "its worker could not be loaded"}), so that the ONNX form cannot be checked; reload the page and try again`,
        ),
      );
    this.timer = setInterval(() => {
      if (cancelled()) this.end(new EngineError("cancelled", `${RUNTIME} was stopped.`));
    }, CANCEL_MS);
  }

  /** Logits (T, V) of all ids at once. */
  forward(ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    return this.request({ type: "forward", ids });
  }

  /** The same logits by the KV cache: the first `prompt` ids (1 to T) at once, then one at a time. */
  decode(ids: Uint32Array, prompt: number): Promise<Float32Array<ArrayBuffer>> {
    return this.request({ type: "decode", ids, prompt });
  }

  /** Times `repeats` forwards over the ids, and `decodeTokens` tokens one at a time behind them with the cache. */
  time(ids: Uint32Array, { decodeTokens = 16, repeats = 3 } = {}): Promise<OnnxTimes> {
    return this.request({ type: "time", ids, decodeTokens, repeats });
  }

  /** Ends the worker: that is what gives its memory back. */
  close(): void {
    this.end(new EngineError("bug", `${RUNTIME} was asked for something after the model was closed`));
  }

  /** Sends the folder's model, part by part, and opens it. */
  async open(folder: Folder, path: string): Promise<void> {
    const files = folder.list().filter((name) => name === path || name.startsWith(`${path}_data`));
    const sources = await Promise.all((files.includes(path) ? files : [path]).map((name) => folder.open(name)));
    const sizeBytes = sources.reduce((sum, { size }) => sum + size, 0);
    invariant(
      sizeBytes < MEMORY_BYTES,
      "limit",
      `the model has ${sizeBytes} bytes, and ${RUNTIME} can hold ${MEMORY_BYTES} in all, so that the ONNX form cannot be checked here; choose F16 or keep less of the model`,
    );
    for (const source of sources) {
      await this.request({ type: "file", path: source.name, sizeBytes: source.size });
      for (let offset = 0; offset < source.size; offset += PART_BYTES) {
        const bytes = await source.read(offset, Math.min(PART_BYTES, source.size - offset));
        await this.request({ type: "part", path: source.name, offset, bytes }, [bytes.buffer]);
      }
    }
    const { version, threads } = await this.request({ type: "open", model: path });
    this.version = version;
    this.threads = threads;
  }

  private request<T extends OnnxCommand["type"]>(
    command: CommandOf<T>,
    transfer: Transferable[] = [],
  ): Promise<OnnxReplies[T]> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      this.lastId += 1;
      this.pending.set(this.lastId, { resolve, reject });
      this.worker.postMessage({ id: this.lastId, ...command } satisfies ToOnnx, transfer);
    });
  }

  private end(error: EngineError): void {
    if (this.ended) return;
    this.ended = error;
    clearInterval(this.timer);
    this.worker.terminate();
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

/** What the runtime threw, with what to do about it. */
function errorOf(version: string, { name, message }: { name: string; message: string }): EngineError {
  const said = `${RUNTIME}${version ? ` ${version}` : ""} said: ${message.trim()}`;
  if (name === "RangeError" || /bad_alloc|out of memory|allocation failed/i.test(message))
    return new EngineError(
      "out-of-memory",
      `there was not enough memory to open the ONNX form (${said}); close other pages, choose F16 or keep less of the model`,
    );
  return new EngineError(
    "format",
    `the ONNX form could not be run (${said}); prepare it again, and report this if it stays`,
  );
}

/**
 * Opens the ONNX model of a folder (`onnx/model.onnx` and its data files) with onnxruntime-web. Close it to free its memory.
 * Throws "format" where the runtime refuses the file, "limit" or "out-of-memory" where it is too large, "cancelled".
 */
export async function openOnnx(
  folder: Folder,
  { model: path = ONNX_FILE, cancelled = () => false }: OnnxOptions = {},
): Promise<OnnxModel> {
  const model = new OnnxModel(cancelled);
  try {
    await model.open(folder, path);
    return model;
  } catch (error) {
    model.close();
    throw error;
  }
}
