// Reference of the relative squared error of rows.
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

interface Params {
  weight: number;
}

function shapeCase(rows: number, cols: number, { weight = 1, scale = 1, name = "" } = {}): OpCase<Params> {
  return {
    name: `T${rows} C${cols} weight ${weight}${name}`,
    params: { weight },
    inputs: () => [randomRef(1, [rows, cols], scale), randomRef(2, [rows, cols], scale)],
  };
}

/** Of each row: the square of its error and that of the target. */
function squaresOf(x: RefTensor, target: RefTensor): { error: number; target: number }[] {
  const [rows = 0, cols = 0] = x.shape;
  return Array.from({ length: rows }, (_, row) => {
    const sums = { error: 0, target: 0 };
    for (let i = row * cols; i < (row + 1) * cols; i++) {
      sums.error += (at(x.data, i) - at(target.data, i)) ** 2;
      sums.target += at(target.data, i) ** 2;
    }
    return sums;
  });
}

export const relativeErrorRef: OpRef<Params> = {
  name: "relativeError",
  cases: [
    ...[1, 4, 63, 64, 65, 252, 256, 260].map((cols) => shapeCase(3, cols)),
    ...[1, 4, 5, 70].map((rows) => shapeCase(rows, 12, { weight: 4 })),
    shapeCase(3, 192, { scale: 1e4, name: " 1e4 scale" }),
    shapeCase(3, 192, { scale: 1e-4, name: " 1e-4 scale" }),
    {
      name: "equal",
      params: { weight: 1 },
      inputs: () => [randomRef(1, [2, 8]), randomRef(1, [2, 8])],
    },
  ],
  forward([x, target], { weight }) {
    if (!x || !target) throw new RangeError("relativeError takes x and its target");
    const squares = squaresOf(x, target);
    const sum = squares.reduce((total, one) => total + one.error / one.target, 0);
    return [refTensor([1], Float64Array.of((weight * sum) / squares.length))];
  },
  backward([x, target], { weight }, [dloss]) {
    if (!x || !target || !dloss) throw new RangeError("relativeError takes x and its target");
    const squares = squaresOf(x, target);
    const cols = x.shape[1] ?? 1;
    const dx = zerosLike(x);
    squares.forEach((square, row) => {
      const slope = (2 * weight * at(dloss.data, 0)) / (squares.length * square.target);
      for (let i = row * cols; i < (row + 1) * cols; i++) dx.data[i] = slope * (at(x.data, i) - at(target.data, i));
    });
    return [dx, null];
  },
};
