// Adding columns by index: how a compact model's branches join the residual stream.
import wgsl from "../../../shaders/scatter_add.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { gatherInto } from "./gather.ts";
import type { KeptColumns } from "./kit/keptColumns.ts";
import { blockKernel } from "./kit/variants.ts";

const FORWARD = blockKernel("scatterAdd", "forward", [wgsl]);

/** The residual with column k of x added to its column index[k]. residual: (T, N); x: (T, K). */
export function scatterAdd(ctx: Ctx, residual: Tensor, x: Tensor, { index, places }: KeptColumns): Tensor {
  const { rows, cols: width } = matrixOf(residual);
  const cols = elements(index);
  checkShape(x, [rows, cols], "scatterAdd x");
  const y = ctx.empty(residual.shape, "scattered sum", { requiresGrad: ctx.needsGrad(residual, x) });
  const { spec, groups } = FORWARD(ctx, rows, width, 1);
  ctx.run(spec, [residual, x, places, y], { rows, cols, width }, groups);
  return ctx.record(y, [residual, x], (dy) => {
    if (!x.requiresGrad) return [dy, null];
    const dx = ctx.gradTarget(x);
    gatherInto(ctx, dx, dy, index);
    return [dy, dx];
  });
}
