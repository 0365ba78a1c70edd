// How far a model's states are from those of another, token by token: what a recovery lessens beside the KL (METHOD.md 6).
import wgsl from "../../../shaders/relative_error.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { scaleInPlace } from "./arithmetic.ts";
import { meanInto } from "./mean.ts";
import { rowKernel } from "./kit/variants.ts";

const MEASURE = rowKernel("relativeError", "measure", [wgsl]);

/**
 * weight times the mean over all T rows of |x - target|^2 / |target|^2: (1). x, target: (T, C); target has no gradient. As in klLoss, the
 * gradient is made during forward, and backward multiplies it by d loss.
 */
export function relativeError(ctx: Ctx, x: Tensor, target: Tensor, weight: number): Tensor {
  const { rows, cols } = matrixOf(x);
  checkShape(target, [rows, cols], "the target of a relative error");
  const loss = ctx.empty([1], "relative error", { requiresGrad: ctx.needsGrad(x) });
  const [errors, dx] = [ctx.empty([rows], "relative errors"), ctx.empty(x.shape, "d of relative errors")];
  const launch = MEASURE(ctx, rows, cols);
  ctx.run(launch.spec, [x, target, errors, dx], { rows, cols: launch.cols, weight }, launch.groups);
  meanInto(ctx, errors, loss);
  return ctx.record(loss, [x], (dloss) => {
    scaleInPlace(ctx, dx, dloss);
    return [dx];
  });
}
