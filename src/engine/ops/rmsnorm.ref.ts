// Reference of RMSNorm.
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { eps: number };

const shapeCase = (rows: number, cols: number, scale = 1, name = `R${rows} C${cols}`) => ({
  name,
  // With one column y is nearly sign(x), and dx is a difference of nearly equal numbers: a small eps would only test rounding.
  params: { eps: cols === 1 ? 0.5 : 1e-5 },
  inputs: () => [randomRef(1, [rows, cols], scale), randomRef(2, [cols])],
});

/** 1 / rms of every row. */
function inverseRms(x: RefTensor, cols: number, eps: number): number[] {
  return Array.from({ length: x.data.length / cols }, (_, row) => {
    const squares = x.data.subarray(row * cols, (row + 1) * cols).reduce((sum, value) => sum + value * value, 0);
    return 1 / Math.sqrt(squares / cols + eps);
  });
}

export const rmsnormRef: OpRef<Params> = {
  name: "rmsnorm",
  cases: [
    ...[1, 4, 63, 64, 65, 192, 260].map((cols) => shapeCase(3, cols)),
    shapeCase(1, 64),
    shapeCase(130, 64),
    shapeCase(3, 192, 1e4, "1e4 scale"),
    shapeCase(3, 192, 1e-4, "1e-4 scale"),
    { name: "zeros", params: { eps: 1e-5 }, inputs: () => [refTensor([2, 64]), randomRef(2, [64])] },
  ],
  forward([x, w], { eps }) {
    if (!x || !w) throw new RangeError("rmsnorm takes x and weight");
    const cols = w.data.length;
    const y = zerosLike(x);
    inverseRms(x, cols, eps).forEach((r, row) => {
      for (let c = 0; c < cols; c++) y.data[row * cols + c] = at(x.data, row * cols + c) * r * at(w.data, c);
    });
    return [y];
  },
  backward([x, w], { eps }, [dy]) {
    if (!x || !w || !dy) throw new RangeError("rmsnorm takes x and weight");
    const cols = w.data.length;
    const dx = zerosLike(x);
    inverseRms(x, cols, eps).forEach((r, row) => {
      const g = (c: number): number => at(dy.data, row * cols + c) * at(w.data, c);
      let dot = 0;
      for (let c = 0; c < cols; c++) dot += g(c) * at(x.data, row * cols + c);
      for (let c = 0; c < cols; c++) {
        const i = row * cols + c;
        dx.data[i] = r * (g(c) - (at(x.data, i) * r * r * dot) / cols);
      }
    });
    return [dx, null];
  },
};
