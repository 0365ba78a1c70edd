// Turns on the GPU: work there runs alone, in the order of its requests, and can be cancelled before its turn or during it.
import { EngineError } from "../engine/index.ts";
import type { Client } from "../worker/client.ts";
import type { Task } from "../worker/protocol.ts";

export interface Turns {
  /** Runs work once all earlier work has ended, and passes its outcome on. Rejects with "cancelled" if its task is cancelled before. */
  turn<T>(work: () => Promise<T>, task?: Task): Promise<T>;
  /** Cancels a task: at once while it waits for its turn, otherwise as soon as the worker receives the cancel. */
  cancelTask(task: Task): Promise<void>;
  /** Lets the next work begin although earlier work has not ended: on a lost device it may never end. */
  clearTurns(): void;
}

interface Waiting {
  task: Task | undefined;
  reject: (error: EngineError) => void;
}

export function turnsOf(client: Pick<Client, "request">): Turns {
  let last: Promise<unknown> = Promise.resolve();
  const waiting = new Set<Waiting>();
  return {
    turn<T>(work: () => Promise<T>, task?: Task): Promise<T> {
      let reject: Waiting["reject"] = () => undefined;
      const cancelled = new Promise<never>((_resolve, refuse) => (reject = refuse));
      const mine: Waiting = { task, reject };
      waiting.add(mine);
      const done = last.then(() => (waiting.delete(mine) ? work() : cancelled));
      last = done.catch(() => undefined);
      return Promise.race([cancelled, done]);
    },
    async cancelTask(task) {
      for (const one of waiting) {
        if (one.task !== task) continue;
        waiting.delete(one);
        one.reject(new EngineError("cancelled", "It was cancelled before its turn."));
      }
      await client.request({ type: "cancel", task });
    },
    clearTurns() {
      last = Promise.resolve();
    },
  };
}
