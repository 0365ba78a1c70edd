// How the heads of attention are packed in one row q|k|v.

/** A packed row q|k|v has heads * headDim columns of q, then kvHeads * headDim columns each of k and of v. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** Columns of a packed row q|k|v. */
export const packedWidth = ({ heads, kvHeads, headDim }: HeadShape): number => (heads + 2 * kvHeads) * headDim;
