// Token embedding: rows of a frozen table.
import wgsl from "../../../shaders/embedding.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import { placed, type RowParts } from "./kit/rowParts.ts";
import { blockKernel } from "./kit/variants.ts";
import { perMatrixDtype, precisionOf, weightText } from "./kit/weightText.ts";

const forwardOf = perMatrixDtype((dtype) =>
  blockKernel("embedding", "forward", (width) => [weightText(dtype, width), wgsl]),
);

/** scale * table[ids]: (T, d). ids: u32 (T), below V (the caller checks); table: (V, d) in parts, frozen, of any MatrixDtype. */
export function embedding(ctx: Ctx, ids: Tensor, table: RowParts, scale = 1): Tensor {
  const rows = elements(ids);
  const cols = table[0] ? matrixOf(table[0]).cols : 0;
  const y = ctx.empty([rows, cols], "embedding");
  for (const { part, first, rows: part_rows } of placed(table)) {
    const forward = forwardOf(precisionOf(part))(ctx, rows, cols);
    ctx.run(forward.spec, [ids, part, y], { rows, cols: forward.cols, scale, first, part_rows }, forward.groups);
  }
  return y;
}
