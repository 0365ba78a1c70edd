// Timing on the GPU's queue: submit, wait, divide; and the numbers that a list of times comes down to.
import type { Ctx } from "../src/engine/ctx.ts";

/** Milliseconds of `count` runs of `work` in one submit, a run. */
export async function timed(ctx: Ctx, work: () => void, count = 1): Promise<number> {
  await ctx.gpu.idle();
  const began = performance.now();
  ctx.step(() => {
    for (let i = 0; i < count; i++) work();
  });
  await ctx.gpu.idle();
  return (performance.now() - began) / count;
}

/** Median, smallest and largest of repetitions. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}
