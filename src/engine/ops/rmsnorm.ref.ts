// Reference of RMSNorm.
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { eps: number };

const shapeCase = (rows: number, cols: number, scale = 1, name = `R${rows} C${cols}`) => ({
  name,
  // With one column y is nearly sign(x): dx is what eps leaves of a difference of equal numbers, so a small eps would test rounding only.
  params: { eps: cols === 1 ? 0.5 : 1e-5 },
  inputs: () => [randomRef(1, [rows, cols], scale), randomRef(2, [cols])],
});

function rms(x: RefTensor, row: number, cols: number, eps: number): number {
  let squares = 0;
  for (let c = 0; c < cols; c++) squares += at(x.data, row * cols + c) ** 2;
  return 1 / Math.sqrt(squares / cols + eps);
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
    for (let i = 0; i < x.data.length; i++) {
      const row = Math.floor(i / cols);
      y.data[i] = at(x.data, i) * rms(x, row, cols, eps) * at(w.data, i % cols);
    }
    return [y];
  },
  backward([x, w], { eps }, [dy]) {
    if (!x || !w || !dy) throw new RangeError("rmsnorm takes x and weight");
    const cols = w.data.length;
    const dx = zerosLike(x);
    for (let row = 0; row < x.data.length / cols; row++) {
      const r = rms(x, row, cols, eps);
      let dot = 0;
      for (let c = 0; c < cols; c++) dot += at(dy.data, row * cols + c) * at(w.data, c) * at(x.data, row * cols + c);
      for (let c = 0; c < cols; c++) {
        const i = row * cols + c;
        dx.data[i] = r * (at(dy.data, i) * at(w.data, c) - (at(x.data, i) * r * r * dot) / cols);
      }
    }
    return [dx, null];
  },
};
