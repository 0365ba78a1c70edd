// An ONNX model in its own worker, where onnxruntime-web computes its logits: the runtime that checks the ONNX form of an export.
import { EngineError, type Folder, invariant, ONNX_FILE } from "../engine/index.ts";
import type { OnnxCommand, OnnxReplies, OnnxTimes } from "./protocol.ts";
import { WorkerCalls } from "./workerCalls.ts";

/** Files are sent to the worker in parts of this many bytes. */
const PART_BYTES = 16 * 1024 * 1024;
/** All the memory that 32-bit wasm addresses reach. */
const MEMORY_BYTES = 2 ** 32;

const RUNTIME = "onnxruntime-web";

interface OnnxOptions {
  /** Path of the graph in the folder. */
  model?: string;
  /** Checked ten times per second; true ends the worker and rejects pending calls with "cancelled". */
  cancelled?: () => boolean;
}

export class OnnxModel {
  readonly runtime = RUNTIME;
  /** Version of onnxruntime-web, and its number of threads; empty until the model is open. */
  version = "";
  threads = 0;
  private readonly calls: WorkerCalls<OnnxCommand, OnnxReplies>;

  constructor(cancelled: () => boolean) {
    const worker = new Worker(new URL("./onnxWorker.ts", import.meta.url), { type: "module", name: RUNTIME });
    this.calls = new WorkerCalls(worker, {
      ...{ runtime: RUNTIME, cancelled },
      startError: (message) =>
        new EngineError(
          "unsupported",
          `${RUNTIME} could not be started (${message || "its worker could not be loaded"}), so the ONNX form cannot be checked. Reload the page and try again.`,
        ),
      errorOf: (failure) => errorOf(this.version, failure),
    });
  }

  /** Logits (T, V) of all ids at once. */
  forward(ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    return this.calls.request({ type: "forward", ids });
  }

  /** The same logits with the KV cache: the first `prompt` ids (1 to T) at once, then one at a time. */
  decode(ids: Uint32Array, prompt: number): Promise<Float32Array<ArrayBuffer>> {
    return this.calls.request({ type: "decode", ids, prompt });
  }

  /** Times `repeats` forwards over the ids, and `decodeTokens` tokens decoded one at a time after them with the cache. */
  time(ids: Uint32Array, { decodeTokens = 16, repeats = 3 } = {}): Promise<OnnxTimes> {
    return this.calls.request({ type: "time", ids, decodeTokens, repeats });
  }

  /** Ends the worker, which frees its memory. */
  close(): void {
    this.calls.close();
  }

  /** Sends the folder's model to the worker in parts, and opens it. */
  async open(folder: Folder, path: string): Promise<void> {
    const files = folder.list().filter((name) => name === path || name.startsWith(`${path}_data`));
    const sources = await Promise.all((files.includes(path) ? files : [path]).map((name) => folder.open(name)));
    const sizeBytes = sources.reduce((sum, { size }) => sum + size, 0);
    invariant(
      sizeBytes < MEMORY_BYTES,
      "limit",
      `ONNX form: expected fewer than ${MEMORY_BYTES} bytes, all the memory of ${RUNTIME}, got ${sizeBytes}, so the form cannot be checked here. Choose F16 or keep less of the model.`,
    );
    for (const source of sources) {
      await this.calls.request({ type: "file", path: source.name, sizeBytes: source.size });
      for (let offset = 0; offset < source.size; offset += PART_BYTES) {
        const bytes = await source.read(offset, Math.min(PART_BYTES, source.size - offset));
        await this.calls.request({ type: "part", path: source.name, offset, bytes }, [bytes.buffer]);
      }
    }
    const { version, threads } = await this.calls.request({ type: "open", model: path });
    this.version = version;
    this.threads = threads;
  }
}

/** The error that the runtime threw, with what to do about it. */
function errorOf(version: string, { name, message }: { name: string; message: string }): EngineError {
  const reason = `${RUNTIME}${version ? ` ${version}` : ""}: ${message.trim()}`;
  if (name === "RangeError" || /bad_alloc|out of memory|allocation failed/i.test(message))
    return new EngineError(
      "out-of-memory",
      `There was not enough memory to open the ONNX form (${reason}). Close other pages, choose F16 or keep less of the model.`,
    );
  return new EngineError(
    "format",
    `ONNX form: expected a graph that ${RUNTIME} runs, got an error (${reason}). Prepare it again; if that does not help, report it.`,
  );
}

/**
 * Opens the ONNX model of a folder (`onnx/model.onnx` and its data files) with onnxruntime-web. Close it to free its memory.
 * Throws "format" if the runtime refuses the file, "limit" or "out-of-memory" if it is too large, and "cancelled".
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
