// What the methods of weight pruning have in common, one block at a time: watch the MLP's inputs, then prune its matrices in place.
import type { Ctx } from "../../ctx.ts";
import type { BlockWeights } from "../../model/decoderWeights.ts";
import { inOneBuffer } from "../../ops/kit/rowParts.ts";
import type { PackedRows } from "../../ops/weightScores.ts";
import type { Tensor } from "../../tensor.ts";
import type { MlpMatrix } from "../../masks/mlpMatrices.ts";
import type { WeightMask } from "../../masks/weightMasks.ts";

/** L2 norms over the calibration tokens, a number a neuron: of what gate and up read (d), and of what down reads (f). */
export interface BlockNorms {
  input: Float32Array<ArrayBuffer>;
  middle: Float32Array<ArrayBuffer>;
}

export interface BlockPruner {
  /** Forgets what was watched, for the next block. */
  begin(): void;
  /** Inside a step: what gate and up (or fc1) read, (T, d), and what down (or fc2) reads, (T, f). */
  watch(input: Tensor, middle: Tensor): void;
  /** The norms of what was watched. Throws "not-finite" where they are not. */
  norms(block: number): Promise<BlockNorms>;
  /** Prunes one matrix of the block in place; returns its mask. `pause` is awaited in long work on the CPU and may throw to stop. */
  prune(weights: BlockWeights, matrix: MlpMatrix, pause: () => Promise<void>): Promise<WeightMask>;
  free(): void;
}

/** gate|up (or fc1) and down (or fc2) of a block. Throws "limit" where the adapter's bindings are too small for them. */
export function mlpWeights({ up, down }: BlockWeights): { up: Tensor; down: Tensor } {
  const what = "pruning its weights one by one";
  return { up: inOneBuffer(up.weight, what), down: inOneBuffer(down.weight, what) };
}

/** Where a matrix lies in the block's packed weights. */
export function packedRows(block: BlockWeights, { part, shape }: MlpMatrix): PackedRows {
  const { up, down } = mlpWeights(block);
  const [rows] = shape;
  if (part === "down") return { weight: down, firstRow: 0, rows };
  const last = part === "up" ? (up.shape[0] ?? rows) - rows : 0;
  return { weight: up, firstRow: last, rows };
}

/** The values of a matrix, read back. */
export async function readMatrix(
  ctx: Ctx,
  weights: BlockWeights,
  matrix: MlpMatrix,
): Promise<Float32Array<ArrayBuffer>> {
  const { weight, firstRow, rows } = packedRows(weights, matrix);
  const [, cols] = matrix.shape;
  return (await ctx.read(weight)).slice(firstRow * cols, (firstRow + rows) * cols);
}
