// Calls to a worker that a runtime runs in: requests in order, their answers, and its end.
import { EngineError } from "../engine/index.ts";
import type { FromRuntime } from "./protocol.ts";

/** How often `cancelled` is checked. */
const CANCEL_MS = 100;

interface CallsOptions {
  /** Name of the runtime, for messages. */
  runtime: string;
  /** Checked ten times per second; true ends the worker and rejects pending calls with "cancelled". */
  cancelled: () => boolean;
  /** The error of a worker that cannot be started; `message` may be empty. */
  startError: (message: string) => EngineError;
  /** The error that the runtime threw, with what to do about it. */
  errorOf: (failure: { name: string; message: string }) => EngineError;
}

/** `Commands` is a union of commands with a `type`; `Replies` has the reply of each. */
export class WorkerCalls<Commands extends { type: string }, Replies extends Record<Commands["type"], unknown>> {
  private readonly pending = new Map<number, { resolve(value: never): void; reject(error: EngineError): void }>();
  private readonly timer: ReturnType<typeof setInterval>;
  private lastId = 0;
  private ended: EngineError | undefined;

  constructor(
    private readonly worker: Worker,
    private readonly options: CallsOptions,
  ) {
    const { runtime, cancelled, startError, errorOf } = options;
    worker.onmessage = ({ data }: MessageEvent<FromRuntime>) => {
      const waiting = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ("value" in data) waiting?.resolve(data.value as never);
      else waiting?.reject(errorOf(data.failure));
    };
    worker.onerror = ({ message }) => this.end(startError(message));
    this.timer = setInterval(() => {
      if (cancelled()) this.end(new EngineError("cancelled", `${runtime} was stopped.`));
    }, CANCEL_MS);
  }

  request<T extends Commands["type"]>(
    command: Extract<Commands, { type: T }>,
    transfer: Transferable[] = [],
  ): Promise<Replies[T]> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      this.lastId += 1;
      this.pending.set(this.lastId, { resolve, reject });
      this.worker.postMessage({ id: this.lastId, ...command }, transfer);
    });
  }

  /** Ends the worker, which frees its memory. */
  close(): void {
    this.end(new EngineError("bug", `${this.options.runtime} was called after the model was closed`));
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
