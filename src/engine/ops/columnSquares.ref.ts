// Reference of the sums of squares per column.
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

const squaresCase = (rows: number, cols: number, scale = 1, name = `R${rows} C${cols}`) => ({
  name,
  params: {},
  // sums of earlier sequences are not negative
  inputs: () => {
    const before = randomRef(2, [cols], scale);
    return [randomRef(1, [rows, cols], scale), refTensor([cols], before.data.map(Math.abs))];
  },
});

export const columnSquaresRef: OpRef<object> = {
  name: "columnSquares",
  cases: [
    ...[squaresCase(1, 1), squaresCase(31, 63), squaresCase(32, 64), squaresCase(33, 65)],
    // around full runs of 16 lanes
    ...[squaresCase(511, 20), squaresCase(512, 16), squaresCase(513, 68), squaresCase(1100, 7)],
    squaresCase(40, 32, 1e4, "1e4 scale"),
    squaresCase(9, 12, 0, "zeros"),
  ],
  forward([x, before]) {
    if (!x || !before) throw new RangeError("columnSquares takes x and the earlier sums");
    const { length } = before.data;
    const sums = before.data.slice();
    x.data.forEach((value, i) => (sums[i % length] = at(sums, i % length) + value * value));
    return [refTensor([length], sums)];
  },
};
