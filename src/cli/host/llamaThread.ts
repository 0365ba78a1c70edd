// The entry of the thread that llama.cpp runs in, in Node: src/verify/llamaWorker.ts is the same in a browser.
import { resolveObjectURL } from "node:buffer";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import { parentPort } from "node:worker_threads";
import { llamaCommands } from "../../verify/llamaCommands.ts";
import { configureLlama } from "../../verify/llamaSession.ts";
import { receiver } from "../../verify/workerHandlers.ts";

type Receive = (event: { data: unknown }) => void;

const load = createRequire(import.meta.url);

/** The Worker that wllama makes from a script in a Blob: here it runs in this thread, which has nothing else to do. */
class BlobWorker {
  onmessage: Receive | null = null;
  private readonly receive: Promise<Receive>;

  constructor(url: string) {
    const post = (data: unknown): void => void setImmediate(() => this.onmessage?.({ data }));
    this.receive = (async () => {
      const script = await resolveObjectURL(url)?.text();
      const run = compileFunction(`let onmessage; ${script}; return onmessage;`, [
        "postMessage",
        "require",
        "__dirname",
      ]);
      return (run as (...args: unknown[]) => Receive)(post, load, ".");
    })();
  }

  postMessage(data: unknown): void {
    void this.receive.then((receive) => receive({ data }));
  }

  terminate(): void {
    this.onmessage = null;
  }
}

// what wllama expects of a page
Object.defineProperty(globalThis, "navigator", {
  value: { userAgent: "", hardwareConcurrency: 1 },
  configurable: true,
});
Object.assign(globalThis, { document: { baseURI: "file:///" }, Worker: BlobWorker });
configureLlama(pathToFileURL(load.resolve("@wllama/wllama/esm/single-thread/wllama.wasm")).href);

const receive = receiver(llamaCommands, (message, transfer) => parentPort?.postMessage(message, transfer));
parentPort?.on("message", (message: Parameters<typeof receive>[0]) => receive(message));
