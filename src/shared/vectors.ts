// The five selection vectors of each block (METHOD.md 1.1).

/** Vectors per block. */
export const VECTORS_PER_BLOCK = 5;

/** In order: s1 input of q, k and v; s2 output of o; s3 input of gate and up; s4 input of down; s5 output of down. */
export const VECTOR_NAMES = ["s1", "s2", "s3", "s4", "s5"] as const;
