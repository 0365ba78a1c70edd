// Adding into columns by index: how a compact model's branches join the residual stream.
import wgsl from "../../../shaders/gather.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { copy } from "./arithmetic.ts";
import { moveColumns } from "./gather.ts";
import { blockKernel } from "./kit/variants.ts";

const SCATTER_ADD = blockKernel("scatter add", wgsl, "scatter_add");
const GATHER = blockKernel("scatter add backward", wgsl, "gather");

/**
 * residual with column k of x added to its column index[k]. residual: (T, N); x: (T, K);
 * index: u32 (K), distinct and below N (the caller checks).
 */
export function scatterAdd(ctx: Ctx, residual: Tensor, x: Tensor, index: Tensor): Tensor {
  checkShape(x, [matrixOf(residual).rows, elements(index)], "scatterAdd x");
  const y = ctx.empty(residual.shape, "scattered sum", { requiresGrad: ctx.needsGrad(residual, x) });
  copy(ctx, residual, y);
  moveColumns(ctx, SCATTER_ADD, [x, index, y], x, residual);
  return ctx.record(y, [residual, x], (dy) => {
    if (!x.requiresGrad) return [dy, null];
    const dx = ctx.gradTarget(x);
    moveColumns(ctx, GATHER, [dy, index, dx], x, residual);
    return [dy, dx];
  });
}
