// Times work on the GPU's queue.
import type { Ctx } from "../engine/ctx.ts";
import { Profile } from "../engine/gpu/profile.ts";

export { spreadOf, type Spread } from "../engine/evaluate/spread.ts";
export { timed } from "../engine/ops/registry/timed.ts";

/** Runs `work`, in which `timed` reads the GPU's own clock where the adapter has timestamps. */
export async function onGpuClock<T>(ctx: Ctx, work: () => Promise<T>): Promise<T> {
  const profile = ctx.gpu.facts.timestamps ? new Profile(ctx.gpu, ctx.buffers, "pass") : undefined;
  ctx.profile = profile;
  try {
    return await work();
  } finally {
    ctx.profile = undefined;
    profile?.free();
  }
}

/** Values in (-0.5, 0.5): never zeros, which some hardware multiplies faster. */
export function noiseValues(length: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = state / 2 ** 32 - 0.5;
  }
  return values;
}
