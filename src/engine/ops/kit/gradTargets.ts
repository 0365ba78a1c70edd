// Where a kernel writes the gradients of several tensors at once, of which some may need none.
import type { Ctx } from "../../ctx.ts";
import type { Tensor } from "../../tensor.ts";

interface GradTargets<Of extends readonly Tensor[]> {
  /** What the kernel writes to: for a tensor without a gradient, memory that nobody reads. */
  targets: { [I in keyof Of]: Tensor };
  /** The targets as Backward returns them: null for a tensor without a gradient. */
  gradients: (Tensor | null)[];
}

/** One target per tensor. Call it in backward. */
export function gradTargets<const Of extends readonly Tensor[]>(ctx: Ctx, of: Of): GradTargets<Of> {
  const targets = of.map((one) => (one.requiresGrad ? ctx.gradTarget(one) : ctx.empty(one.shape, "no gradient")));
  const gradients = targets.map((target, i) => (of[i]?.requiresGrad ? target : null));
  return { targets: targets as { [I in keyof Of]: Tensor }, gradients };
}
