// LayerNorm (Ba et al. 2016): trained in the hypernetwork, frozen in OPT and Phi.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import rowsCode from "../../../shaders/lib/rows.wgsl?raw";
import scalar from "../../../shaders/lib/scalar.wgsl?raw";
import wgsl from "../../../shaders/layer_norm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";
import { rowKernel } from "./kit/variants.ts";

const FORWARD = rowKernel("layerNorm", "forward", [wgsl]);
const BACKWARD = rowKernel("layerNorm", "backward", [wgsl]);
const code = [grid, rowsCode, scalar, wgsl];
const WEIGHT_GRADIENT = kernelOf("layerNorm", "weight_gradient", code);
const BIAS_GRADIENT = kernelOf("layerNorm", "bias_gradient", code);

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
    const gradient = (of: Tensor, run: (target: Tensor) => void): Tensor | null => {
      if (!of.requiresGrad) return null;
      const target = ctx.gradTarget(of);
      run(target);
      return target;
    };
    const backward = BACKWARD(ctx, rows, cols);
    return [
      gradient(x, (dx) =>
        ctx.run(backward.spec, [dy, x, stats, weight, dx], { ...dims, cols: backward.cols }, backward.groups),
      ),
      gradient(weight, (dw) => ctx.run(WEIGHT_GRADIENT, [dy, x, stats, dw], dims, groupsOf(WEIGHT_GRADIENT, cols))),
      gradient(bias, (db) => ctx.run(BIAS_GRADIENT, [dy, db], dims, groupsOf(BIAS_GRADIENT, cols))),
    ];
  });
}
