// Keep-masks of single weights as bitsets, and what they make of a matrix. Plain data.
import { invariant } from "../errors.ts";
import type { ModelConfig } from "../config/config.ts";
import { type MlpMatrix, mlpMatrices } from "./mlpMatrices.ts";

const WORD_BITS = 32;

/** Weight i (row by row) of the matrix stays where bit i % 32 of word i / 32 is set; bits beyond the last weight are zero. */
export interface WeightMask {
  readonly matrix: MlpMatrix;
  readonly bits: Uint32Array<ArrayBuffer>;
}

/** One mask for every matrix of `mlpMatrices`, in its order. */
export type WeightMasks = readonly WeightMask[];

export const wordsOf = (matrix: MlpMatrix): number => Math.ceil(weightsOf(matrix) / WORD_BITS);
export const weightsOf = ({ shape }: MlpMatrix): number => shape[0] * shape[1];

/** Weights that stay. */
export function keptInMask({ bits }: WeightMask): number {
  let kept = 0;
  for (const word of bits) {
    // parallel sums of pairs, nibbles and bytes of bits
    let sums = word - ((word >>> 1) & 0x55555555);
    sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
    kept += Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return kept;
}

export const isKept = ({ bits }: WeightMask, weight: number): boolean =>
  (((bits[weight >>> 5] ?? 0) >>> (weight & 31)) & 1) === 1;

/** The bitset of a mask of zeros and ones. */
export function packMask(matrix: MlpMatrix, keep: Uint8Array): WeightMask {
  const bits = new Uint32Array(wordsOf(matrix));
  keep.forEach((kept, i) => {
    if (kept !== 0) bits[i >> 5] = (bits[i >> 5] ?? 0) | (1 << (i & 31));
  });
  return { matrix, bits };
}

/** Zeroes what is not kept, in place: `bytes` are the `count` weights from weight `first` on; default: all of the matrix. */
export function zeroPruned(bytes: Uint8Array, mask: WeightMask, first = 0, count = weightsOf(mask.matrix)): void {
  const size = bytes.length / count;
  invariant(
    Number.isInteger(size),
    "shape",
    `${mask.matrix.name}: ${count} weights expected, ${bytes.length} bytes came`,
  );
  for (let i = 0; i < count; i++) if (!isKept(mask, first + i)) bytes.fill(0, i * size, (i + 1) * size);
}

/** Masks by the name of their tensor. Throws "shape" unless there is one for every matrix, in its size. */
export function masksByName(config: ModelConfig, masks: WeightMasks): ReadonlyMap<string, WeightMask> {
  const matrices = mlpMatrices(config);
  const byName = new Map(masks.map((mask) => [mask.matrix.name, mask]));
  for (const matrix of matrices) {
    const words = byName.get(matrix.name)?.bits.length;
    invariant(
      words === wordsOf(matrix) && masks.length === matrices.length,
      "shape",
      `${matrix.name}: a mask of ${wordsOf(matrix)} words expected, ${words ?? "none"} came; these masks belong to another model`,
    );
  }
  return byName;
}

/** How many weights stay. Shares are `kept` of `of`; only MLP matrices lose weights. */
export interface KeptWeights {
  kept: number;
  of: number;
}

export function keptOfMasks(masks: WeightMasks): KeptWeights {
  return masks.reduce((sum, mask) => ({ kept: sum.kept + keptInMask(mask), of: sum.of + weightsOf(mask.matrix) }), {
    kept: 0,
    of: 0,
  });
}
