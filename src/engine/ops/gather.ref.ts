// Reference of columns by index.
import { placesOf } from "./kit/keptColumns.ts";
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

/** K distinct columns of N, unordered: multiples of a number that has no factor in common with N. */
function distinctColumns(kept: number, of: number): RefTensor {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let step = Math.max(1, Math.floor(of / 2) - 1);
  while (common(step, of) !== 1) step++;
  const columns = Float64Array.from({ length: kept }, (_, k) => (k * step + 1) % of);
  return { ...refTensor([kept], columns), dtype: "u32" };
}

/** An index and its places, as kernels take KeptColumns. */
export function columnsRef(kept: number, width: number): [index: RefTensor, places: RefTensor] {
  const index = distinctColumns(kept, width);
  return [index, { ...refTensor([width], Float64Array.from(placesOf(index.data, width))), dtype: "u32" }];
}

/** Rows, columns of the wide matrix, and columns that the index names. */
export const INDEXED_SIZES: readonly (readonly [rows: number, width: number, kept: number])[] = [
  [1, 1, 1],
  [1, 64, 1],
  [3, 65, 63],
  [7, 64, 16],
  [8, 192, 192],
  [9, 192, 100],
  [17, 100, 65],
];

/** For each element of the narrow matrix, its place in the wide one. */
export function indexedPlaces(rows: number, width: number, index: RefTensor): number[] {
  const kept = index.data.length;
  return Array.from({ length: rows * kept }, (_, i) => Math.floor(i / kept) * width + at(index.data, i % kept));
}

export const gatherRef: OpRef<null> = {
  name: "gather",
  cases: INDEXED_SIZES.map(([rows, width, kept]) => ({
    name: `R${rows} C${width} K${kept}`,
    params: null,
    inputs: () => [randomRef(1, [rows, width]), ...columnsRef(kept, width)],
  })),
  forward([x, index]) {
    if (!x || !index) throw new RangeError("gather takes x and index");
    const [rows = 0, width = 0] = x.shape;
    const data = Float64Array.from(indexedPlaces(rows, width, index), (place) => at(x.data, place));
    return [refTensor([rows, index.data.length], data)];
  },
  backward([x, index], _, [dy]) {
    if (!x || !index || !dy) throw new RangeError("gather takes x and index");
    const [rows = 0, width = 0] = x.shape;
    const dx = zerosLike(x);
    indexedPlaces(rows, width, index).forEach((place, i) => (dx.data[place] = at(dx.data, place) + at(dy.data, i)));
    return [dx, null, null];
  },
};
