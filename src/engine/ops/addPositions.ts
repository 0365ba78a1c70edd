// Learned positions (OPT): rows of a frozen table, added to the token embeddings.
import wgsl from "../../../shaders/add_positions.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { blockKernel } from "./kit/variants.ts";

const FORWARD = blockKernel("addPositions", "forward", [wgsl]);

/** y[t] = x[t] + table[start + t]. x: (T, d); table: (positions, d), frozen, with at least start + T rows; start: u32 (1). */
export function addPositions(ctx: Ctx, x: Tensor, table: Tensor, start: Tensor): Tensor {
  const { rows, cols } = matrixOf(x);
  checkShape(table, [table.shape[0] ?? 0, cols], "position table");
  const y = ctx.empty(x.shape, "positions", { requiresGrad: ctx.needsGrad(x) });
  const forward = FORWARD(ctx, rows, cols);
  ctx.run(forward.spec, [x, table, start, y], { rows, cols: forward.cols }, forward.groups);
  return ctx.record(y, [x], (dy) => [dy]);
}
