// Masks of single weights as bitsets, and applying them to a matrix. Plain data.
import { invariant } from "../errors.ts";
import type { ModelConfig } from "../config/config.ts";
import { type MlpMatrix, mlpMatrices } from "./mlpMatrices.ts";

const WORD_BITS = 32;

/** Weight i (row by row) of the matrix is kept if bit i % 32 of word i / 32 is 1. Bits beyond the last weight are 0. */
export interface WeightMask {
  readonly matrix: MlpMatrix;
  readonly bits: Uint32Array<ArrayBuffer>;
}

/** One mask for every matrix of `mlpMatrices`, in its order. */
export type WeightMasks = readonly WeightMask[];

/** Words of a matrix's bitset. */
export const wordsOf = (matrix: MlpMatrix): number => Math.ceil(weightsOf(matrix) / WORD_BITS);
/** Number of weights of a matrix. */
export const weightsOf = ({ shape }: MlpMatrix): number => shape[0] * shape[1];

/** Number of kept weights. */
export function keptInMask({ bits }: WeightMask): number {
  let kept = 0;
  for (const word of bits) {
    // parallel sums of the bits of pairs, nibbles and bytes
    let sums = word - ((word >>> 1) & 0x55555555);
    sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
    kept += Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return kept;
}

/** Whether weight `weight` (row by row) is kept. */
export const isKept = ({ bits }: WeightMask, weight: number): boolean =>
  (((bits[weight >>> 5] ?? 0) >>> (weight & 31)) & 1) === 1;

/** Packs a mask of zeros and ones, one entry per weight. */
export function packMask(matrix: MlpMatrix, keep: Uint8Array): WeightMask {
  const bits = new Uint32Array(wordsOf(matrix));
  keep.forEach((kept, i) => {
    if (kept !== 0) bits[i >> 5] = (bits[i >> 5] ?? 0) | (1 << (i & 31));
  });
  return { matrix, bits };
}

/** Zeroes the pruned weights in place. `bytes` are `count` weights from weight `first` on; default: the entire matrix. */
export function zeroPruned(bytes: Uint8Array, mask: WeightMask, first = 0, count = weightsOf(mask.matrix)): void {
  const size = bytes.length / count;
  invariant(
    Number.isInteger(size),
    "shape",
    `${mask.matrix.name}: expected whole elements of ${count} weights, got ${bytes.length} bytes`,
  );
  for (let i = 0; i < count; i++) if (!isKept(mask, first + i)) bytes.fill(0, i * size, (i + 1) * size);
}

/** Masks by tensor name. Throws "shape" unless there is one for every matrix, in its size. */
export function masksByName(config: ModelConfig, masks: WeightMasks): ReadonlyMap<string, WeightMask> {
  const matrices = mlpMatrices(config);
  const byName = new Map(masks.map((mask) => [mask.matrix.name, mask]));
  for (const matrix of matrices) {
    const words = byName.get(matrix.name)?.bits.length;
    invariant(
      words === wordsOf(matrix) && masks.length === matrices.length,
      "shape",
      `${matrix.name}: expected a mask of ${wordsOf(matrix)} words, got ${words ?? "none"}. These masks belong to another model: open that one.`,
    );
  }
  return byName;
}

/** How many of the weights of the MLP matrices are kept; other matrices lose none. */
interface KeptWeights {
  kept: number;
  /** All weights of the MLP matrices. */
  of: number;
}

/** Kept weights of all masks together. */
export function keptOfMasks(masks: WeightMasks): KeptWeights {
  return masks.reduce((sum, mask) => ({ kept: sum.kept + keptInMask(mask), of: sum.of + weightsOf(mask.matrix) }), {
    kept: 0,
    of: 0,
  });
}
