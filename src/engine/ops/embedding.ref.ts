// Reference of the token embedding.
import type { Precision } from "../tensor.ts";
import { at, type OpRef, randomInts, randomWeights, refTensor } from "./kit/ref.ts";

/** partRows: rows of the table in one part. */
const shapeCase = (
  rows: number,
  vocab: number,
  cols: number,
  scale = 1,
  { precision = "f32", partRows = vocab }: { precision?: Precision; partRows?: number } = {},
) => ({
  name: `T${rows} V${vocab} C${cols} scale ${scale}${precision === "f16" ? " half" : ""}${partRows < vocab ? ` parts of ${partRows}` : ""}`,
  params: { scale, partRows },
  inputs: () => [randomInts(1, [rows], vocab), randomWeights(2, [vocab, cols], precision)],
});

export const embeddingRef: OpRef<{ scale: number; partRows: number }> = {
  name: "embedding",
  cases: [
    shapeCase(1, 1, 4),
    shapeCase(1, 7, 63),
    shapeCase(7, 16, 64),
    shapeCase(8, 16, 260),
    shapeCase(9, 5, 65, 8),
    shapeCase(130, 2048, 192, 0.5),
    shapeCase(1, 1, 1, 1, { precision: "f16" }),
    shapeCase(7, 7, 63, 8, { precision: "f16" }),
    shapeCase(9, 16, 260, 0.5, { precision: "f16" }),
    shapeCase(40, 128, 20, 1, { partRows: 64 }),
    shapeCase(200, 129, 63, 8, { partRows: 64 }),
    shapeCase(200, 257, 63, 8, { partRows: 128, precision: "f16" }),
  ],
  forward([ids, table], { scale }) {
    if (!ids || !table) throw new RangeError("embedding takes ids and table");
    const cols = table.shape[1] ?? 0;
    const y = refTensor([ids.data.length, cols]);
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = scale * at(table.data, at(ids.data, Math.floor(i / cols)) * cols + (i % cols));
    }
    return [y];
  },
};
