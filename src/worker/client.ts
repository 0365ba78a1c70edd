// The page's side of protocol.ts: commands as promises, and events. Only the store's actions use it.
import { EngineError } from "../engine/index.ts";
import type { Command, CommandOf, FromWorker, Replies, ToWorker, WorkerEvent } from "./protocol.ts";

export interface Client {
  /** Sends a command; resolves with its reply, rejects with an EngineError. */
  request<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]>;
  /** Passes every event to the listener until the returned function is called. */
  subscribe(listener: (event: WorkerEvent) => void): () => void;
}

/** The part of a Worker that the client uses; tests pass their own. */
export interface WorkerPort {
  postMessage(message: ToWorker): void;
  addEventListener(type: "message", listener: (event: { data: FromWorker }) => void): void;
  addEventListener(type: "error" | "messageerror", listener: (event: { message?: string }) => void): void;
}

interface Pending {
  resolve(value: Replies[keyof Replies]): void;
  reject(error: EngineError): void;
}

/** Resolves when nobody holds a Web Lock. */
const waitForLock = (lock: string): Promise<void> => navigator.locks.request(lock, () => undefined);

/**
 * Wraps a worker. When it dies, or a message of it cannot be read, every pending and later request rejects with EngineError("bug"),
 * and one error event during "device" is emitted. `whenFree` resolves when the worker's lock is free: it has died without a report.
 */
export function createClient(port: WorkerPort, whenFree = waitForLock): Client {
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
      `The GPU worker ended (${reason}). Reload the page; a run can be resumed from its last checkpoint.`,
    );
    for (const { reject } of pending.values()) reject(death);
    pending.clear();
    emit({ type: "error", error: death.toPlain(), during: "device" });
  };

  port.addEventListener("message", ({ data }) => {
    if (data.kind === "event") return emit(data.event);
    if (data.kind === "alive") {
      void whenFree(data.lock).then(() => die("it has stopped"));
      return;
    }
    const waiting = pending.get(data.id);
    pending.delete(data.id);
    if (data.kind === "reply") waiting?.resolve(data.value);
    else waiting?.reject(EngineError.fromPlain(data.error));
  });
  port.addEventListener("error", ({ message }) => die(message || "it failed to load, or threw an error"));
  port.addEventListener("messageerror", () => die("one of its messages could not be read"));

  return {
    request: <T extends Command["type"]>(command: CommandOf<T>) =>
      new Promise<Replies[T]>((resolve, reject) => {
        if (death) return reject(death);
        lastId += 1;
        // protocol.ts pairs commands and replies by type, and the reply with this id is the one to this command.
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
