// Loops of steps on the GPU: one step runs while the next is recorded.
import type { Gpu } from "./device.ts";

/** How many steps may be in the GPU's queue. */
const STEPS_AHEAD = 2;

/** Awaited after each step has been submitted: resolves when there is room in the queue for another. Rejects with what `Gpu.idle` does. */
type Submitted = () => Promise<void>;

/** Runs a loop of steps. Resolves when all its steps are done; if it throws, the steps that are in the queue finish first. */
export async function stepsAhead(gpu: Pick<Gpu, "idle">, loop: (submitted: Submitted) => Promise<void>): Promise<void> {
  const queue: Promise<void>[] = [];
  try {
    await loop(async () => {
      queue.push(gpu.idle());
      if (queue.length >= STEPS_AHEAD) await queue.shift();
    });
    await Promise.all(queue);
  } finally {
    await Promise.allSettled(queue);
  }
}
