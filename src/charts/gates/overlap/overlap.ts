// How far two sets of masks agree: Jaccard index of each vector, and for each gate whether both, one or neither keep it.

/** Who keeps a gate, one value for each of the map's four colours. */
export const COMPARED = { neither: 0, onlyA: 1, onlyB: 2, both: 3 } as const;

/** |A and B| / |A or B| of two masks of the same length; 1 where both keep nothing. Throws a RangeError for different lengths. */
export function jaccard(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length)
    throw new RangeError(`expected two masks of the same length, got ${a.length} and ${b.length}`);
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [inA, inB] = [a[i] !== 0, b[i] !== 0];
    if (inA && inB) both += 1;
    if (inA || inB) either += 1;
  }
  return either === 0 ? 1 : both / either;
}

/** The value of COMPARED for each gate of each mask; `both` is the bits of `onlyA` and `onlyB`. */
export function comparedMasks(a: readonly Uint8Array[], b: readonly Uint8Array[]): Uint8Array[] {
  const { neither, onlyA, onlyB } = COMPARED;
  return a.map((mask, i) => mask.map((bit, j) => (bit !== 0 ? onlyA : neither) | (b[i]?.[j] ? onlyB : neither)));
}
