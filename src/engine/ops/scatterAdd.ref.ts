// Reference of adding columns by index.
import { columnsRef, INDEXED_SIZES, indexedPlaces } from "./gather.ref.ts";
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

export const scatterAddRef: OpRef<null> = {
  name: "scatterAdd",
  cases: INDEXED_SIZES.map(([rows, width, kept]) => ({
    name: `R${rows} C${width} K${kept}`,
    params: null,
    inputs: () => [randomRef(1, [rows, width]), randomRef(2, [rows, kept]), ...columnsRef(kept, width)],
  })),
  forward([residual, x, index]) {
    if (!residual || !x || !index) throw new RangeError("scatterAdd takes residual, x and index");
    const [rows = 0, width = 0] = residual.shape;
    const y = refTensor(residual.shape, Float64Array.from(residual.data));
    indexedPlaces(rows, width, index).forEach((place, i) => (y.data[place] = at(y.data, place) + at(x.data, i)));
    return [y];
  },
  backward([residual, x, index], _, [dy]) {
    if (!residual || !x || !index || !dy) throw new RangeError("scatterAdd takes residual, x and index");
    const [rows = 0, width = 0] = residual.shape;
    const dx = Float64Array.from(indexedPlaces(rows, width, index), (place) => at(dy.data, place));
    return [dy, refTensor(x.shape, dx), null, null];
  },
};
