// Reference of zeroing pruned weights and packing their mask.
import { at, type OpCase, type OpRef, randomInts, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";

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

/** Repeatable words of 32 bits. */
export function randomWords(seed: number, count: number): RefTensor {
  const [low, high] = [randomInts(seed, [count], 2 ** 16), randomInts(seed + 1, [count], 2 ** 16)];
  return { ...low, data: low.data.map((value, i) => value + 2 ** 16 * at(high.data, i)) };
}

/** Whether bit i of some words is 1. */
export const isSet = (bits: RefTensor, i: number): boolean =>
  Math.floor(at(bits.data, i >> 5) / 2 ** (i & 31)) % 2 === 1;

const bitsCase = (rows: number, cols: number): OpCase<null> => ({
  name: `R${rows} C${cols}`,
  params: null,
  inputs: () => [randomRef(1, [rows, cols]), randomWords(2, Math.ceil((rows * cols) / 32))],
});

/** Zeroing by bits that are known. */
export const zeroByBitsRef: OpRef<null> = {
  name: "zeroWeights: by bits",
  cases: [bitsCase(1, 1), bitsCase(1, 31), bitsCase(1, 32), bitsCase(3, 33), bitsCase(63, 65), bitsCase(70, 64)],
  forward([w, bits]) {
    if (!w || !bits) throw new RangeError("zeroByBits takes w and bits");
    return [
      refTensor(
        w.shape,
        w.data.map((value, i) => (isSet(bits, i) ? value : 0)),
      ),
    ];
  },
};
