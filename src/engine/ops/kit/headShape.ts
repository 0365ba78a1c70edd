// How the heads of attention are packed in one row q|k|v.

/** A packed row q|k|v has heads * headDim columns of q, then kvHeads * headDim columns each of k and of v. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Factor on q k^T; default 1 / sqrt(headDim). */
  scale?: number;
  /** Scores become cap tanh(score / cap); default: they stay (Gemma 2 has 50). */
  cap?: number;
}

/** The factor on q k^T. */
export const scaleOf = ({ scale, headDim }: HeadShape): number => scale ?? 1 / Math.sqrt(headDim);

/** Columns of a packed row q|k|v. */
export const packedWidth = ({ heads, kvHeads, headDim }: HeadShape): number => (heads + 2 * kvHeads) * headDim;
