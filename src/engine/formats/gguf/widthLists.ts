// Kept positions of a model that is only cut in the width of its MLPs.
import { S4, VECTORS_PER_BLOCK } from "../../../shared/vectors.ts";

/** Lists of the 5L vectors: s1, s2, s3 and s5 keep all of dModel, s4 the first `widths[block]` positions. */
export function widthLists(dModel: number, widths: readonly number[]): readonly Uint32Array[] {
  const upTo = (length: number): Uint32Array => Uint32Array.from({ length }, (_, i) => i);
  const all = upTo(dModel);
  return widths.flatMap((width) => Array.from({ length: VECTORS_PER_BLOCK }, (_, k) => (k === S4 ? upTo(width) : all)));
}
