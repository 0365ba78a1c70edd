// Where the time of one training step goes, by kernel.
import type { Ctx } from "../engine/ctx.ts";
import { type KernelTime, Profile } from "../engine/gpu/profile.ts";

/** One step with timestamps, by kernel; empty where the adapter has none. `run` takes steps of a session. */
export async function profileStep(ctx: Ctx, run: (steps: number) => Promise<void>): Promise<KernelTime[]> {
  if (!ctx.gpu.facts.timestamps) return [];
  const profile = new Profile(ctx.gpu, ctx.buffers);
  ctx.profile = profile;
  try {
    await run(1);
    return await profile.take();
  } finally {
    ctx.profile = undefined;
    profile.free();
  }
}
