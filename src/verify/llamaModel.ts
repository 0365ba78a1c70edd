// A GGUF model in its own worker, where llama.cpp computes its probabilities: the runtime that checks the GGUF forms of an export.
import { EngineError, type Folder, invariant, type LlamaModel, type LlamaReader } from "../engine/index.ts";
import type { LlamaCommand, LlamaReplies } from "./protocol.ts";
import { WorkerCalls } from "./workerCalls.ts";

/** Files are sent to the worker in parts of this many bytes. */
const PART_BYTES = 16 * 1024 * 1024;
/** The runtime's file functions count bytes as signed 32-bit integers. */
const MOST_BYTES = 2 ** 31 - 1;

const RUNTIME = "llama.cpp (wllama, wasm)";

/**
 * Opens the GGUF file of a folder with llama.cpp. Throws "format" if it refuses the file, "limit" or "out-of-memory" if that is too large,
 * "unsupported" if the runtime cannot be started here, and "cancelled".
 */
export const llamaReader: LlamaReader = async (folder, { tokens, cancelled }) => {
  const worker = new Worker(new URL("./llamaWorker.ts", import.meta.url), { type: "module", name: "llama.cpp" });
  const calls = new WorkerCalls<LlamaCommand, LlamaReplies>(worker, {
    ...{ runtime: RUNTIME, cancelled },
    startError: (message) =>
      new EngineError(
        "unsupported",
        `${RUNTIME} could not be started: ${message || "its worker could not be loaded"}.`,
      ),
    errorOf,
  });
  try {
    await send(calls, folder);
    const { version } = await calls.request({ type: "open", tokens });
    return {
      ...{ runtime: RUNTIME, version },
      tokenize: (text) => calls.request({ type: "tokenize", text }),
      logProbabilities: (ids, first) => calls.request({ type: "logProbabilities", ids, first }),
      close: () => calls.close(),
    } satisfies LlamaModel;
  } catch (error) {
    calls.close();
    throw error;
  }
};

async function send(calls: WorkerCalls<LlamaCommand, LlamaReplies>, folder: Folder): Promise<void> {
  const names = folder.list().filter((name) => name.endsWith(".gguf"));
  const [name] = names;
  invariant(
    name !== undefined && names.length === 1,
    "unsupported",
    `${RUNTIME} opens one file here, got ${names.length}.`,
  );
  const source = await folder.open(name);
  invariant(
    source.size <= MOST_BYTES,
    "limit",
    `${RUNTIME} opens files of up to ${MOST_BYTES} bytes, and this one has ${source.size}.`,
  );
  for (let offset = 0; offset < source.size; offset += PART_BYTES) {
    const bytes = await source.read(offset, Math.min(PART_BYTES, source.size - offset));
    await calls.request({ type: "part", bytes: bytes.slice() });
  }
}

/** The error that the runtime threw. */
function errorOf({ name, message }: { name: string; message: string }): EngineError {
  const reason = message.trim();
  if (/memory|bad_alloc|allocation failed|OOM/i.test(reason))
    return new EngineError("out-of-memory", `There was not enough memory for ${RUNTIME}: ${reason}.`);
  if (name === "CompileError" || name === "LinkError" || /WebAssembly|wasm|fetch/i.test(reason))
    return new EngineError("unsupported", `${RUNTIME} could not be started: ${reason}.`);
  return new EngineError(
    "format",
    `${RUNTIME} does not open the file: ${reason}. Prepare it again; if that does not help, report it.`,
  );
}
