// RMSNorm (Zhang and Sennrich 2019), as LLaMA uses it.
import wgsl from "../../../shaders/rmsnorm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { rowKernel } from "./kit/variants.ts";

const FORWARD = rowKernel("rmsnorm", "forward", [wgsl]);
const BACKWARD = rowKernel("rmsnorm", "backward", [wgsl]);

/** y = x / rms(x) * weight over the last axis. x, y: (..., C), weight: (C), frozen. */
export function rmsnorm(ctx: Ctx, x: Tensor, weight: Tensor, eps: number): Tensor {
  const { rows, cols } = matrixOf(x);
  checkShape(weight, [cols], "rmsnorm weight");
  const y = ctx.empty(x.shape, "rmsnorm", { requiresGrad: ctx.needsGrad(x) });
  const forward = FORWARD(ctx, rows, cols);
  ctx.run(forward.spec, [x, weight, y], { rows, cols: forward.cols, eps }, forward.groups);
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    const backward = BACKWARD(ctx, rows, cols);
    ctx.run(backward.spec, [x, weight, dy, dx], { rows, cols: backward.cols, eps }, backward.groups);
    return [dx];
  });
}
