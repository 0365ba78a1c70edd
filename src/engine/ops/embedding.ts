// Token embedding: rows of a frozen table.
import wgsl from "../../../shaders/embedding.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, matrixOf, type Precision, type Tensor } from "../tensor.ts";
import { blockKernel, type Launcher } from "./variants.ts";
import { precisionOf, weightText } from "./weightText.ts";

const forwardOf = (precision: Precision): Launcher =>
  blockKernel("embedding", (width) => [weightText(precision, width), wgsl].join("\n"), "forward");
const FORWARD: Record<Precision, Launcher> = { f32: forwardOf("f32"), f16: forwardOf("f16") };

/** scale * table[ids]. ids: u32 (T), each below V (the caller checks); table: (V, d), frozen, f32 or f16; result (T, d). */
export function embedding(ctx: Ctx, ids: Tensor, table: Tensor, scale = 1): Tensor {
  const rows = elements(ids);
  const { cols } = matrixOf(table);
  const y = ctx.empty([rows, cols], "embedding");
  const forward = FORWARD[precisionOf(table)](ctx, rows, cols);
  ctx.run(forward.spec, [ids, table, y], { rows, cols: forward.cols, scale }, forward.groups);
  return y;
}
