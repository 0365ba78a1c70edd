// Reference of the small linear layer with trained weights.
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = Record<string, never>;

const shapeCase = (m: number, k: number, n: number, { biased = true, scale = 1, name = "" } = {}) => ({
  name: name || `M${m} K${k} N${n}${biased ? "" : " no bias"}`,
  params: {},
  inputs: () => [randomRef(1, [m, k], scale), randomRef(2, [n, k]), ...(biased ? [randomRef(3, [n])] : [])],
});

/** Checks the inputs; sizes are M, K, N. */
function shapes([x, w, b]: readonly RefTensor[]): {
  x: RefTensor;
  w: RefTensor;
  b: RefTensor | undefined;
  sizes: number[];
} {
  if (!x || !w) throw new RangeError("linearTrained takes x, weight and perhaps a bias");
  const [n = 0, k = 0] = w.shape;
  return { x, w, b, sizes: [x.data.length / k, k, n] };
}

export const linearTrainedRef: OpRef<Params> = {
  name: "linearTrained",
  cases: [
    shapeCase(1, 1, 1),
    shapeCase(15, 32, 48),
    shapeCase(40, 16, 12, { biased: false }),
    shapeCase(5, 63, 65),
    shapeCase(65, 3, 5),
    shapeCase(3, 64, 7, { scale: 1e4, name: "1e4 scale" }),
    { name: "zeros", params: {}, inputs: () => [refTensor([2, 4]), randomRef(2, [3, 4]), randomRef(3, [3])] },
  ],
  forward(inputs) {
    const { x, w, b, sizes } = shapes(inputs);
    const [m = 0, k = 0, n = 0] = sizes;
    const y = refTensor([m, n]);
    for (let row = 0; row < m; row++) {
      for (let col = 0; col < n; col++) {
        let sum = b ? at(b.data, col) : 0;
        for (let i = 0; i < k; i++) sum += at(x.data, row * k + i) * at(w.data, col * k + i);
        y.data[row * n + col] = sum;
      }
    }
    return [y];
  },
  backward(inputs, _, [dy]) {
    if (!dy) throw new RangeError("linearTrained has one output");
    const { x, w, b, sizes } = shapes(inputs);
    const [m = 0, k = 0, n = 0] = sizes;
    const [dx, dw, db] = [zerosLike(x), zerosLike(w), refTensor([n])];
    for (let row = 0; row < m; row++) {
      for (let col = 0; col < n; col++) {
        const slope = at(dy.data, row * n + col);
        db.data[col] = at(db.data, col) + slope;
        for (let i = 0; i < k; i++) {
          dx.data[row * k + i] = at(dx.data, row * k + i) + slope * at(w.data, col * k + i);
          dw.data[col * k + i] = at(dw.data, col * k + i) + slope * at(x.data, row * k + i);
        }
      }
    }
    return b ? [dx, dw, db] : [dx, dw];
  },
};
