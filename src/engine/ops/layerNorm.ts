// LayerNorm (Ba et al. 2016) with trained weights: the hypernetwork's. addNorm.ts has that of OPT and Phi.
import erf from "../../../shaders/lib/erf.wgsl?raw";
import gelu from "../../../shaders/lib/gelu.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import rowsCode from "../../../shaders/lib/rows.wgsl?raw";
import scalar from "../../../shaders/lib/scalar.wgsl?raw";
import wgsl from "../../../shaders/layer_norm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { gradTargets } from "./kit/gradTargets.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";
import { type Launcher, rowKernel } from "./kit/variants.ts";

/** The kernels, without and with GELU. */
const kernelsFor = (activated: boolean): { forward: Launcher; backward: Launcher; parameterGradients: KernelSpec } => {
  const constants = activated ? { ACTIVATED: 1 } : undefined;
  const own = [erf, gelu, wgsl];
  return {
    forward: rowKernel("layerNorm", "forward", own, constants),
    backward: rowKernel("layerNorm", "backward", own, constants),
    parameterGradients: kernelOf("layerNorm", "parameter_gradients", [grid, rowsCode, scalar, ...own], constants),
  };
};
const PLAIN = kernelsFor(false);
const ACTIVATED = kernelsFor(true);

interface LayerNormOptions {
  /** (C), trained or frozen. */
  weight: Tensor;
  /** (C), trained or frozen. */
  bias: Tensor;
  eps: number;
  /** Whether the exact GELU of the norm is the result (see gelu.ts). Default: false. */
  activated?: boolean;
}

/** y = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias over the last axis, or its GELU. x, y: (..., C). */
export function layerNorm(ctx: Ctx, x: Tensor, { weight, bias, eps, activated = false }: LayerNormOptions): Tensor {
  const { rows, cols } = matrixOf(x);
  const kernels = activated ? ACTIVATED : PLAIN;
  checkShape(weight, [cols], "layerNorm weight");
  checkShape(bias, [cols], "layerNorm bias");
  const dims = { rows, cols, eps };
  const y = ctx.empty(x.shape, "layerNorm", { requiresGrad: ctx.needsGrad(x, weight, bias) });
  const stats = ctx.empty([rows, 2], "layerNorm statistics");
  const forward = kernels.forward(ctx, rows, cols);
  ctx.run(forward.spec, [x, weight, bias, y, stats], { ...dims, cols: forward.cols }, forward.groups);
  return ctx.record(y, [x, weight, bias], (dy) => {
    const { targets, gradients } = gradTargets(ctx, [x, weight, bias]);
    const [dx, dw, db] = targets;
    const { parameterGradients } = kernels;
    const saved = [dy, x, stats, weight, bias];
    const backward = kernels.backward(ctx, rows, cols);
    if (x.requiresGrad) ctx.run(backward.spec, [...saved, dx], { ...dims, cols: backward.cols }, backward.groups);
    if (weight.requiresGrad || bias.requiresGrad)
      ctx.run(parameterGradients, [...saved, dw, db], dims, groupsOf(parameterGradients, cols));
    return gradients;
  });
}
