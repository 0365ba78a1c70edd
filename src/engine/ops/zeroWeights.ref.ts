// Reference of zeroing pruned weights and packing their mask.
import { at, type OpCase, type OpRef, randomInts, randomRef, refTensor } from "./kit/ref.ts";

interface Part {
  firstRow: number;
  rows: number;
}

const zeroCase = (packedRows: number, cols: number, params: Part): OpCase<Part> => ({
  name: `R${params.rows} of ${packedRows} from ${params.firstRow} C${cols}`,
  params,
  inputs: () => [randomRef(1, [packedRows, cols]), randomInts(2, [params.rows, cols], 2)],
});

export const zeroWeightsRef: OpRef<Part> = {
  name: "zeroWeights",
  cases: [
    zeroCase(1, 1, { firstRow: 0, rows: 1 }),
    zeroCase(1, 31, { firstRow: 0, rows: 1 }),
    zeroCase(3, 32, { firstRow: 1, rows: 1 }),
    zeroCase(6, 33, { firstRow: 3, rows: 3 }),
    zeroCase(70, 65, { firstRow: 35, rows: 35 }),
  ],
  forward([w, keep], { firstRow }) {
    if (!w || !keep) throw new RangeError("zeroWeights takes w and keep");
    const after = refTensor(w.shape, w.data.slice());
    const first = firstRow * (w.shape[1] ?? 1);
    const words = new Float64Array(Math.ceil(keep.data.length / 32));
    keep.data.forEach((kept, i) => {
      if (kept === 0) after.data[first + i] = 0;
      else words[i >> 5] = at(words, i >> 5) + 2 ** (i & 31);
    });
    return [after, { ...refTensor([words.length], words), dtype: "u32" }];
  },
};
