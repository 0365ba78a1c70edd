// Where the time of one training step or one decoded token goes, by kernel.
import type { Ctx } from "../engine/ctx.ts";
import { type KernelTime, Profile } from "../engine/gpu/profile.ts";

/** What runs after `work` calls `begin` for the first time, with timestamps, by kernel; empty where the adapter has none. */
export async function profileStep(ctx: Ctx, work: (begin: () => void) => Promise<void>): Promise<KernelTime[]> {
  if (!ctx.gpu.facts.timestamps) return [];
  const profile = new Profile(ctx.gpu, ctx.buffers);
  try {
    await work(() => (ctx.profile = profile));
    return await profile.take();
  } finally {
    ctx.profile = undefined;
    profile.free();
  }
}
