// The columns of the residual stream that a branch of a compact model keeps, as its kernels take them.
import type { Tensor } from "../../tensor.ts";

/** K of the N columns of the residual stream. */
export interface KeptColumns {
  /** u32 (K), distinct and below N: column k of the branch is column index[k] of the stream. */
  index: Tensor;
  /** u32 (N): the reverse, as `placesOf` makes it. */
  places: Tensor;
}

/** The place of a column that is not kept. */
const NOWHERE = 0xffffffff;

/** Where each of `width` columns is in `index`. */
export function placesOf(index: ArrayLike<number>, width: number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(width).fill(NOWHERE);
  for (let k = 0; k < index.length; k++) places[index[k] ?? width] = k;
  return places;
}
