// Token embedding: rows of a frozen table.
import wgsl from "../../../shaders/embedding.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import { blockKernel } from "./variants.ts";

const FORWARD = blockKernel("embedding", wgsl, "forward");

/** scale * table[ids]. ids: u32 (T), each below V (the caller checks); table: (V, d), frozen; result (T, d). */
export function embedding(ctx: Ctx, ids: Tensor, table: Tensor, scale = 1): Tensor {
  const rows = elements(ids);
  const { cols } = matrixOf(table);
  const y = ctx.empty([rows, cols], "embedding");
  const forward = FORWARD(ctx, rows, cols);
  ctx.run(forward.spec, [ids, table, y], { rows, cols: forward.cols, scale }, forward.groups);
  return y;
}
