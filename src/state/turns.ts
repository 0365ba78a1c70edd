// Turns on the GPU: what runs there runs alone, in the order it was asked for, and is called off before its turn or during it.
import { EngineError } from "../engine/index.ts";
import type { Client } from "../worker/client.ts";
import type { Task } from "../worker/protocol.ts";

export interface Turns {
  /** Does work once all earlier work has ended; passes its outcome on. Rejects with "cancelled" where its task is called off before. */
  turn<T>(work: () => Promise<T>, task?: Task): Promise<T>;
  /** Stops a task: at once what still waits for its turn, and what has it as soon as the worker hears of it. */
  cancelTask(task: Task): Promise<void>;
  /** Forgets who has the turn: work on a device that is lost may never end. */
  clearTurns(): void;
}

interface Waiting {
  task: Task | undefined;
  refuse: (error: EngineError) => void;
}

export function turnsOf(client: Pick<Client, "request">): Turns {
  let last: Promise<unknown> = Promise.resolve();
  const waiting = new Set<Waiting>();
  return {
    turn<T>(work: () => Promise<T>, task?: Task): Promise<T> {
      let refuse: Waiting["refuse"] = () => undefined;
      const refused = new Promise<never>((_resolve, reject) => (refuse = reject));
      const mine: Waiting = { task, refuse };
      waiting.add(mine);
      const done = last.then(() => (waiting.delete(mine) ? work() : refused));
      last = done.catch(() => undefined);
      return Promise.race([refused, done]);
    },
    async cancelTask(task) {
      for (const one of waiting) {
        if (one.task !== task) continue;
        waiting.delete(one);
        one.refuse(new EngineError("cancelled", "it was called off before its turn came"));
      }
      await client.request({ type: "cancel", task });
    },
    clearTurns() {
      last = Promise.resolve();
    },
  };
}
