// Where the time of one training step or one decoded token goes, by kernel.
import type { Ctx } from "../engine/ctx.ts";
import { type KernelTime, Profile } from "../engine/gpu/profile.ts";

/** Runs `work` with timestamps: its time by kernel. Empty, and `work` does not run, where the adapter has none. */
export async function profileStep(ctx: Ctx, work: () => Promise<unknown>): Promise<KernelTime[]> {
  if (!ctx.gpu.facts.timestamps) return [];
  const profile = new Profile(ctx.gpu, ctx.buffers);
  ctx.profile = profile;
  try {
    await work();
    return await profile.take();
  } finally {
    ctx.profile = undefined;
    profile.free();
  }
}
