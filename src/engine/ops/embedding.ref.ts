// Reference of the token embedding.
import { BLOCK_DTYPES, type MatrixDtype } from "../dtype.ts";
import { at, type OpRef, randomInts, randomWeights, refTensor } from "./kit/ref.ts";
import { storedName } from "./linear.ref.ts";

interface Shape {
  rows: number;
  vocab: number;
  cols: number;
  scale?: number;
  /** Of the table; default: f32. */
  precision?: MatrixDtype;
  /** Rows of the table per part; default: all. */
  partRows?: number;
}

const shapeCase = ({ rows, vocab, cols, scale = 1, precision = "f32", partRows = vocab }: Shape) => ({
  name: `T${rows} V${vocab} C${cols} scale ${scale}${storedName(precision)}${partRows < vocab ? ` parts of ${partRows}` : ""}`,
  params: { scale, partRows },
  inputs: () => [randomInts(1, [rows], vocab), randomWeights(2, [vocab, cols], precision)],
});

export const embeddingRef: OpRef<{ scale: number; partRows: number }> = {
  name: "embedding",
  cases: [
    shapeCase({ rows: 1, vocab: 1, cols: 4 }),
    shapeCase({ rows: 1, vocab: 7, cols: 63 }),
    shapeCase({ rows: 7, vocab: 16, cols: 64 }),
    shapeCase({ rows: 8, vocab: 16, cols: 260 }),
    shapeCase({ rows: 9, vocab: 5, cols: 65, scale: 8 }),
    shapeCase({ rows: 130, vocab: 2048, cols: 192, scale: 0.5 }),
    shapeCase({ rows: 1, vocab: 1, cols: 1, precision: "f16" }),
    shapeCase({ rows: 7, vocab: 7, cols: 63, scale: 8, precision: "f16" }),
    shapeCase({ rows: 9, vocab: 16, cols: 260, scale: 0.5, precision: "f16" }),
    shapeCase({ rows: 40, vocab: 128, cols: 20, partRows: 64 }),
    shapeCase({ rows: 200, vocab: 129, cols: 63, scale: 8, partRows: 64 }),
    shapeCase({ rows: 200, vocab: 257, cols: 63, scale: 8, partRows: 128, precision: "f16" }),
    ...BLOCK_DTYPES.map((precision) => shapeCase({ rows: 9, vocab: 17, cols: 256, scale: 0.5, precision })),
    // part 1 begins at a whole number of units
    shapeCase({ rows: 40, vocab: 129, cols: 256, partRows: 128, precision: "Q6_K" }),
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
