// Reference of LayerNorm.
import { geluRef } from "./gelu.ref.ts";
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { eps: number; frozen: boolean };

const shapeCase = (rows: number, cols: number, { scale = 1, frozen = false, name = `R${rows} C${cols}` } = {}) => ({
  name,
  params: { eps: 1e-5, frozen },
  inputs: () => [randomRef(1, [rows, cols], scale), randomRef(2, [cols]), randomRef(3, [cols])],
});

/** Of one row. */
interface Statistics {
  mean: number;
  /** 1 / sqrt(variance + eps). */
  r: number;
}

/** The statistics of every row. */
function statisticsOf(x: RefTensor, cols: number, eps: number): Statistics[] {
  return Array.from({ length: x.data.length / cols }, (_, row) => {
    const values = x.data.subarray(row * cols, (row + 1) * cols);
    const mean = values.reduce((sum, value) => sum + value, 0) / cols;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / cols;
    return { mean, r: 1 / Math.sqrt(variance + eps) };
  });
}

export const layerNormRef: OpRef<Params> = {
  name: "layerNorm",
  cases: [
    ...[4, 63, 64, 65, 128, 260].map((cols) => shapeCase(3, cols)),
    shapeCase(1, 128),
    shapeCase(40, 128),
    shapeCase(130, 65, { frozen: true, name: "frozen R130 C65" }),
    shapeCase(3, 192, { scale: 1e4, name: "1e4 scale" }),
    shapeCase(3, 192, { scale: 1e-4, name: "1e-4 scale" }),
    {
      name: "zeros",
      params: { eps: 1e-5, frozen: false },
      inputs: () => [refTensor([2, 64]), randomRef(2, [64]), randomRef(3, [64])],
    },
  ],
  forward([x, w, b], { eps }) {
    if (!x || !w || !b) throw new RangeError("layerNorm takes x, weight and bias");
    const cols = w.data.length;
    const y = zerosLike(x);
    statisticsOf(x, cols, eps).forEach(({ mean, r }, row) => {
      for (let c = 0; c < cols; c++) {
        const i = row * cols + c;
        y.data[i] = (at(x.data, i) - mean) * r * at(w.data, c) + at(b.data, c);
      }
    });
    return [y];
  },
  backward([x, w, b], { eps, frozen }, [dy]) {
    if (!x || !w || !b || !dy) throw new RangeError("layerNorm takes x, weight and bias");
    const cols = w.data.length;
    const [dx, dw, db] = [zerosLike(x), zerosLike(w), zerosLike(b)];
    statisticsOf(x, cols, eps).forEach(({ mean, r }, row) => {
      let sum = 0;
      let dot = 0;
      for (let c = 0; c < cols; c++) {
        const i = row * cols + c;
        const [slope, v] = [at(dy.data, i), (at(x.data, i) - mean) * r];
        dw.data[c] = at(dw.data, c) + slope * v;
        db.data[c] = at(db.data, c) + slope;
        sum += slope * at(w.data, c);
        dot += slope * at(w.data, c) * v;
      }
      for (let c = 0; c < cols; c++) {
        const i = row * cols + c;
        dx.data[i] = r * (at(dy.data, i) * at(w.data, c) - sum / cols - ((at(x.data, i) - mean) * r * dot) / cols);
      }
    });
    return frozen ? [dx, null, null] : [dx, dw, db];
  },
};

export const layerNormGeluRef: OpRef<Params> = {
  name: "layerNorm: GELU",
  cases: layerNormRef.cases,
  forward(inputs, params) {
    return geluRef.forward(layerNormRef.forward(inputs, params), {});
  },
  backward(inputs, params, dOut) {
    const [gradient = null] = geluRef.backward?.(layerNormRef.forward(inputs, params), {}, dOut) ?? [];
    if (!gradient) throw new RangeError("layerNorm has an output");
    return layerNormRef.backward?.(inputs, params, [gradient]) ?? [];
  },
};
