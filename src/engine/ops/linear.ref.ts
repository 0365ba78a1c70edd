// Reference of the frozen linear layer.
import type { Precision } from "../tensor.ts";
import { at, type OpCase, type OpRef, randomRef, randomWeights, refTensor, zerosLike } from "./kit/ref.ts";

const shapes: readonly (readonly [m: number, n: number, k: number])[] = [
  [1, 4, 4],
  [1, 64, 64],
  [3, 20, 12],
  [4, 16, 64],
  [5, 32, 36],
  [7, 60, 8],
  [8, 64, 28],
  [15, 28, 32],
  [16, 32, 64],
  [17, 36, 60],
  [63, 68, 68],
  [64, 64, 16],
  [65, 12, 20],
  [32, 64, 36],
  [33, 132, 128],
  [5, 30, 28],
  [5, 32, 27],
];

/** The widths of the last are odd both ways: a row of halves then starts in the middle of a u32. */
const halfShapes: typeof shapes = [...shapes, [5, 31, 27]];

const shapeCase = (m: number, n: number, k: number, bias: boolean, precision: Precision): OpCase<null> => ({
  name: `M${m} N${n} K${k}${bias ? " bias" : ""}${precision === "f16" ? " half" : ""}`,
  params: null,
  inputs: () => [randomRef(1, [m, k]), randomWeights(2, [n, k], precision), ...(bias ? [randomRef(3, [n])] : [])],
});

export const linearRef: OpRef<null> = {
  name: "linear",
  cases: [
    ...shapes.map((shape) => shapeCase(...shape, false, "f32")),
    shapeCase(1, 16, 64, true, "f32"),
    shapeCase(17, 36, 60, true, "f32"),
    ...halfShapes.map((shape) => shapeCase(...shape, false, "f16")),
    shapeCase(1, 16, 64, true, "f16"),
    shapeCase(17, 36, 60, true, "f16"),
  ],
  forward([x, w, bias]) {
    if (!x || !w) throw new RangeError("linear takes x and weight");
    const [m = 0, k = 0] = x.shape;
    const [n = 0] = w.shape;
    const y = refTensor([m, n]);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = bias ? at(bias.data, j) : 0;
        for (let c = 0; c < k; c++) sum += at(x.data, i * k + c) * at(w.data, j * k + c);
        y.data[i * n + j] = sum;
      }
    }
    return [y];
  },
  backward([x, w, bias], _, [dy]) {
    if (!x || !w || !dy) throw new RangeError("linear takes x and weight");
    const [m = 0, k = 0] = x.shape;
    const [n = 0] = w.shape;
    const dx = zerosLike(x);
    for (let i = 0; i < m; i++) {
      for (let c = 0; c < k; c++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += at(dy.data, i * n + j) * at(w.data, j * k + c);
        dx.data[i * k + c] = sum;
      }
    }
    return bias ? [dx, null, null] : [dx, null];
  },
};

/** partRows: rows of the weight in one part. */
const partsCase = (
  m: number,
  n: number,
  k: number,
  partRows: number,
  bias: boolean,
  precision: Precision = "f32",
): OpCase<{ partRows: number }> => {
  const { name, inputs } = shapeCase(m, n, k, bias, precision);
  return { name: `${name} parts of ${partRows}`, params: { partRows }, inputs };
};

/** The same layer with its weight in parts: the last of one row, of some, or whole. */
export const linearPartsRef: OpRef<{ partRows: number }> = {
  name: "linear in parts",
  cases: [
    partsCase(1, 128, 16, 64, false),
    partsCase(17, 192, 20, 64, true),
    partsCase(9, 200, 36, 128, false),
    partsCase(5, 65, 28, 64, true),
    partsCase(33, 130, 7, 64, false),
    partsCase(17, 200, 36, 64, true, "f16"),
  ],
  forward: (inputs) => linearRef.forward(inputs, null),
  backward: (inputs, _, dOut) => linearRef.backward?.(inputs, null, dOut) ?? [],
};
