// Times work on the GPU's queue.
import type { Ctx } from "../engine/ctx.ts";

export { spreadOf, type Spread } from "../engine/evaluate/spread.ts";

/** Milliseconds per run of `work`, over `count` runs in one submit. */
export async function timed(ctx: Ctx, work: () => void, count = 1): Promise<number> {
  await ctx.gpu.idle();
  const began = performance.now();
  ctx.step(() => {
    for (let i = 0; i < count; i++) work();
  });
  await ctx.gpu.idle();
  return (performance.now() - began) / count;
}
