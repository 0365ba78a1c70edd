// References of gather and scatterAdd.
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

/** K distinct columns of N, in no order: multiples of a number that has no factor in common with N. */
function distinct(kept: number, of: number): RefTensor {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let step = Math.max(1, Math.floor(of / 2) - 1);
  while (common(step, of) !== 1) step++;
  return {
    ...refTensor(
      [kept],
      Float64Array.from({ length: kept }, (_, k) => (k * step + 1) % of),
    ),
    dtype: "u32",
  };
}

const SIZES: readonly (readonly [rows: number, width: number, kept: number])[] = [
  [1, 1, 1],
  [1, 64, 1],
  [3, 65, 63],
  [7, 64, 16],
  [8, 192, 192],
  [9, 192, 100],
  [17, 100, 65],
];

/** Where element (t, index[k]) of the wide tensor is, for each element of the narrow one. */
function places(rows: number, width: number, index: RefTensor): number[] {
  const kept = index.data.length;
  return Array.from({ length: rows * kept }, (_, i) => Math.floor(i / kept) * width + at(index.data, i % kept));
}

export const gatherRef: OpRef<null> = {
  name: "gather",
  cases: SIZES.map(([rows, width, kept]) => ({
    name: `R${rows} C${width} K${kept}`,
    params: null,
    inputs: () => [randomRef(1, [rows, width]), distinct(kept, width)],
  })),
  forward([x, index]) {
    if (!x || !index) throw new RangeError("gather takes x and index");
    const [rows = 0, width = 0] = x.shape;
    const data = Float64Array.from(places(rows, width, index), (place) => at(x.data, place));
    return [refTensor([rows, index.data.length], data)];
  },
  backward([x, index], _, [dy]) {
    if (!x || !index || !dy) throw new RangeError("gather takes x and index");
    const [rows = 0, width = 0] = x.shape;
    const dx = zerosLike(x);
    places(rows, width, index).forEach((place, i) => (dx.data[place] = at(dx.data, place) + at(dy.data, i)));
    return [dx, null];
  },
};

export const scatterAddRef: OpRef<null> = {
  name: "scatter add",
  cases: SIZES.map(([rows, width, kept]) => ({
    name: `R${rows} C${width} K${kept}`,
    params: null,
    inputs: () => [randomRef(1, [rows, width]), randomRef(2, [rows, kept]), distinct(kept, width)],
  })),
  forward([residual, x, index]) {
    if (!residual || !x || !index) throw new RangeError("scatterAdd takes residual, x and index");
    const [rows = 0, width = 0] = residual.shape;
    const y = refTensor(residual.shape, Float64Array.from(residual.data));
    places(rows, width, index).forEach((place, i) => (y.data[place] = at(y.data, place) + at(x.data, i)));
    return [y];
  },
  backward([residual, x, index], _, [dy]) {
    if (!residual || !x || !index || !dy) throw new RangeError("scatterAdd takes residual, x and index");
    const [rows = 0, width = 0] = residual.shape;
    const dx = Float64Array.from(places(rows, width, index), (place) => at(dy.data, place));
    return [dy, refTensor(x.shape, dx), null];
  },
};
