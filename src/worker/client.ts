// The worker as promises and events: the page's side of protocol.ts. Actions of the store are its only callers.
import { EngineError } from "../engine/index.ts";
import type { Command, FromWorker, Replies, ToWorker, WorkerEvent } from "./protocol.ts";

export type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

export interface Client {
  /** Sends a command; resolves with its reply, rejects with an EngineError. */
  request<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]>;
  /** Hears every event until the returned function is called. */
  subscribe(listener: (event: WorkerEvent) => void): () => void;
}

/** What the client needs of a Worker; tests pass a stand-in. */
export interface WorkerPort {
  postMessage(message: ToWorker): void;
  addEventListener(type: "message", listener: (event: { data: FromWorker }) => void): void;
  addEventListener(type: "error" | "messageerror", listener: (event: { message?: string }) => void): void;
}

interface Pending {
  resolve(value: Replies[keyof Replies]): void;
  reject(error: EngineError): void;
}

/**
 * Wraps a worker. A worker that dies, or whose messages cannot be read, rejects everything pending and everything asked
 * later with EngineError("bug"), and says so once as an error event during "device".
 */
export function createClient(port: WorkerPort): Client {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: WorkerEvent) => void>();
  let lastId = 0;
  let death: EngineError | null = null;

  const emit = (event: WorkerEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  const die = (reason: string): void => {
    if (death) return;
    death = new EngineError(
      "bug",
      `The worker that does the GPU work ended (${reason}). Reload the page; a run goes on from its last checkpoint.`,
    );
    for (const { reject } of pending.values()) reject(death);
    pending.clear();
    emit({ type: "error", error: death.toPlain(), during: "device" });
  };

  port.addEventListener("message", ({ data }) => {
    if (data.kind === "event") return emit(data.event);
    const waiting = pending.get(data.id);
    pending.delete(data.id);
    if (data.kind === "reply") waiting?.resolve(data.value);
    else waiting?.reject(EngineError.fromPlain(data.error));
  });
  port.addEventListener("error", ({ message }) => die(message || "it could not be loaded or threw"));
  port.addEventListener("messageerror", () => die("a message of it could not be read"));

  return {
    request: <T extends Command["type"]>(command: CommandOf<T>) =>
      new Promise<Replies[T]>((resolve, reject) => {
        if (death) return reject(death);
        lastId += 1;
        // The reply of an id carries the value of its own command: protocol.ts pairs them by type.
        pending.set(lastId, { resolve: (value) => resolve(value as Replies[T]), reject });
        try {
          port.postMessage({ id: lastId, ...command });
        } catch (error) {
          pending.delete(lastId);
          reject(EngineError.from(error));
        }
      }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
