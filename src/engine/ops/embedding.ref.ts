// Reference of the token embedding.
import { at, type OpRef, randomInts, randomRef, refTensor } from "./ref.ts";

const shapeCase = (rows: number, vocab: number, cols: number, scale = 1) => ({
  name: `T${rows} V${vocab} C${cols} scale ${scale}`,
  params: { scale },
  inputs: () => [randomInts(1, [rows], vocab), randomRef(2, [vocab, cols])],
});

export const embeddingRef: OpRef<{ scale: number }> = {
  name: "embedding",
  cases: [
    shapeCase(1, 1, 4),
    shapeCase(1, 7, 63),
    shapeCase(7, 16, 64),
    shapeCase(8, 16, 260),
    shapeCase(9, 5, 65, 8),
    shapeCase(130, 2048, 192, 0.5),
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
