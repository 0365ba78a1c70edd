// LayerNorm (Ba et al. 2016) with trained weights: the hypernetwork's. addNorm.ts has that of OPT and Phi.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import rowsCode from "../../../shaders/lib/rows.wgsl?raw";
import scalar from "../../../shaders/lib/scalar.wgsl?raw";
import wgsl from "../../../shaders/layer_norm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { gradTargets } from "./kit/gradTargets.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";
import { rowKernel } from "./kit/variants.ts";

const FORWARD = rowKernel("layerNorm", "forward", [wgsl]);
const BACKWARD = rowKernel("layerNorm", "backward", [wgsl]);
const code = [grid, rowsCode, scalar, wgsl];
const PARAMETER_GRADIENTS = kernelOf("layerNorm", "parameter_gradients", code);

interface LayerNormOptions {
  /** (C), trained or frozen. */
  weight: Tensor;
  /** (C), trained or frozen. */
  bias: Tensor;
  eps: number;
}

/** y = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias over the last axis. x, y: (..., C). */
export function layerNorm(ctx: Ctx, x: Tensor, { weight, bias, eps }: LayerNormOptions): Tensor {
  const { rows, cols } = matrixOf(x);
  checkShape(weight, [cols], "layerNorm weight");
  checkShape(bias, [cols], "layerNorm bias");
  const dims = { rows, cols, eps };
  const y = ctx.empty(x.shape, "layerNorm", { requiresGrad: ctx.needsGrad(x, weight, bias) });
  const stats = ctx.empty([rows, 2], "layerNorm statistics");
  const forward = FORWARD(ctx, rows, cols);
  ctx.run(forward.spec, [x, weight, bias, y, stats], { ...dims, cols: forward.cols }, forward.groups);
  return ctx.record(y, [x, weight, bias], (dy) => {
    const { targets, gradients } = gradTargets(ctx, [x, weight, bias]);
    const [dx, dw, db] = targets;
    const backward = BACKWARD(ctx, rows, cols);
    if (x.requiresGrad)
      ctx.run(backward.spec, [dy, x, stats, weight, dx], { ...dims, cols: backward.cols }, backward.groups);
    if (weight.requiresGrad || bias.requiresGrad)
      ctx.run(PARAMETER_GRADIENTS, [dy, x, stats, dw, db], dims, groupsOf(PARAMETER_GRADIENTS, cols));
    return gradients;
  });
}
