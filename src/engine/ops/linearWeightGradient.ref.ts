// Reference of the gradient of a linear layer's weight.
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

interface Params {
  accumulate: boolean;
}

const gradientCase = ([m, n, k]: readonly [number, number, number], accumulate = false) => ({
  name: `M${m} N${n} K${k}${accumulate ? " accumulate" : ""}`,
  params: { accumulate },
  inputs: () => [randomRef(1, [m, k]), randomRef(2, [m, n]), randomRef(3, [n, k])],
});

/** Around the tiles and the rounds of all variants; the first of the last rows have a sum long enough for several slices. */
const SIZES: readonly (readonly [m: number, n: number, k: number])[] = [
  [1, 4, 4],
  [2, 8, 8],
  [3, 12, 20],
  [5, 28, 36],
  [7, 60, 64],
  [8, 64, 60],
  [9, 68, 68],
  [15, 64, 64],
  [16, 124, 132],
  [17, 132, 124],
  [31, 128, 128],
  [33, 20, 260],
  [64, 8, 12],
  [127, 12, 16],
  [128, 64, 68],
  [131, 68, 64],
  [260, 16, 8],
  // widths that are not multiples of 4
  [5, 30, 28],
  [5, 32, 27],
  [6, 31, 27],
  [17, 9, 3],
];

/** Inputs: x (m, k), dy (m, n), dw before (n, k). Its own finite differences: linearWeightGradient.test.ts. */
export const linearWeightGradientRef: OpRef<Params> = {
  name: "linearWeightGradient",
  cases: [
    ...SIZES.map((size) => gradientCase(size)),
    ...[gradientCase([1, 4, 4], true), gradientCase([17, 68, 60], true), gradientCase([131, 68, 64], true)],
    gradientCase([5, 31, 27], true),
  ],
  forward([x, dy, before], { accumulate }) {
    if (!x || !dy || !before) throw new RangeError("linearWeightGradient takes x, dy and dw");
    const [m = 0, k = 0] = x.shape;
    const [, n = 0] = dy.shape;
    const dw = refTensor([n, k]);
    for (let j = 0; j < n; j++) {
      for (let c = 0; c < k; c++) {
        let sum = accumulate ? at(before.data, j * k + c) : 0;
        for (let i = 0; i < m; i++) sum += at(dy.data, i * n + j) * at(x.data, i * k + c);
        dw.data[j * k + c] = sum;
      }
    }
    return [dw];
  },
};
