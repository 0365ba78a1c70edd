// The Worker of browsers in Node: the part of it that src/verify uses, on a thread.
import { Worker as Thread, type Transferable } from "node:worker_threads";

/** Runs the script of the bundle that has the same name as the module. */
export class ThreadWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  private readonly thread: Thread;

  constructor(module: URL) {
    this.thread = new Thread(new URL(module.href.replace(/\.ts$/, ".mjs")));
    this.thread.on("message", (data) => this.onmessage?.({ data }));
    this.thread.on("error", ({ message }: Error) => this.onerror?.({ message }));
  }

  postMessage(message: unknown, transfer: readonly Transferable[] = []): void {
    this.thread.postMessage(message, transfer);
  }

  terminate(): void {
    void this.thread.terminate();
  }
}
