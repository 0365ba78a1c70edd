// Times dispatches: by the GPU's own clock where ctx.profile has one, else by waiting for them.
import type { Ctx } from "../../ctx.ts";

/**
 * Milliseconds per run of `work`, over `count` runs in one step. With a profile per pass in ctx.profile it is the time on the GPU, without
 * encoding and submitting.
 */
export async function timed(ctx: Ctx, work: () => void, count = 1): Promise<number> {
  await ctx.gpu.idle();
  const began = performance.now();
  ctx.step(() => {
    for (let i = 0; i < count; i++) work();
  });
  await ctx.gpu.idle();
  const waited = performance.now() - began;
  const stamps = (await ctx.profile?.take()) ?? [];
  const ms = stamps.reduce((sum, pass) => sum + pass.ms, 0);
  return (ms > 0 ? ms : waited) / count;
}
