// Adding columns by index: how a compact model's branches join the residual stream.
import wgsl from "../../../shaders/scatter_add.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { copyInto } from "./arithmetic.ts";
import { gatherInto } from "./gather.ts";
import { blockKernel } from "./kit/variants.ts";

const FORWARD = blockKernel("scatterAdd", "forward", [wgsl]);

/**
 * The residual with column k of x added to its column index[k]. residual: (T, N); x: (T, K); index: u32 (K), distinct and below N (the
 * caller checks).
 */
export function scatterAdd(ctx: Ctx, residual: Tensor, x: Tensor, index: Tensor): Tensor {
  const { rows, cols: width } = matrixOf(residual);
  const cols = elements(index);
  checkShape(x, [rows, cols], "scatterAdd x");
  const y = ctx.empty(residual.shape, "scattered sum", { requiresGrad: ctx.needsGrad(residual, x) });
  copyInto(ctx, y, residual);
  const { spec, groups } = FORWARD(ctx, rows, cols, 1);
  ctx.run(spec, [x, index, y], { rows, cols, width }, groups);
  return ctx.record(y, [residual, x], (dy) => {
    if (!x.requiresGrad) return [dy, null];
    const dx = ctx.gradTarget(x);
    gatherInto(ctx, dx, dy, index);
    return [dy, dx];
  });
}
