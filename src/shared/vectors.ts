// The five selection vectors of each block (METHOD.md 1.1).

/** Vectors per block. */
export const VECTORS_PER_BLOCK = 5;

/** In order: s1 input of q, k and v; s2 output of o; s3 input of gate and up; s4 input of down; s5 output of down. */
export const VECTOR_NAMES = ["s1", "s2", "s3", "s4", "s5"] as const;

/** Full widths of a block's vectors. */
export const vectorSizes = ({ dModel: d, dMlp }: { dModel: number; dMlp: number }): number[] => [d, d, d, dMlp, d];

/** The vectors by their position within a block. */
export const S1 = 0;
export const S2 = 1;
export const S3 = 2;
export const S4 = 3;
export const S5 = 4;
