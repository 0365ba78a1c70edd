// The interface that all methods of weight pruning implement, one block at a time: observe the MLP's inputs, then prune its matrices in place.
import type { Ctx } from "../../ctx.ts";
import type { BlockWeights } from "../../model/decoderWeights.ts";
import { inOneBuffer } from "../../ops/kit/rowParts.ts";
import type { PackedRows } from "../../ops/weightScores.ts";
import type { Tensor } from "../../tensor.ts";
import type { MlpMatrix } from "../../masks/mlpMatrices.ts";
import type { WeightMask } from "../../masks/weightMasks.ts";

/** L2 norms over the calibration tokens, one number per dimension: of the input of gate and up (d), and of the input of down (f). */
export interface BlockNorms {
  input: Float32Array<ArrayBuffer>;
  middle: Float32Array<ArrayBuffer>;
}

export interface BlockPruner {
  /** Drops the observations of the block before. */
  begin(): void;
  /** Inside a step: observes the input of gate and up (or fc1), (T, d), and the input of down (or fc2), (T, f). */
  observe(input: Tensor, middle: Tensor): void;
  /** The norms of the observed inputs. Throws "not-finite" if one is not finite. */
  norms(block: number): Promise<BlockNorms>;
  /** Prunes one matrix of the block in place and returns its mask. Long work on the CPU awaits `pause`, which may throw to stop. */
  prune(weights: BlockWeights, matrix: MlpMatrix, pause: () => Promise<void>): Promise<WeightMask>;
  free(): void;
}

/** gate|up (or fc1) and down (or fc2) of a block. Throws "limit" if the adapter's bindings are too small for one of them. */
function mlpWeights({ up, down }: BlockWeights): { up: Tensor; down: Tensor } {
  const what = "pruning single weights";
  return { up: inOneBuffer(up.weight, what), down: inOneBuffer(down.weight, what) };
}

/** The rows of a matrix in the block's packed weights. */
export function packedRows(block: BlockWeights, { part, shape }: MlpMatrix): PackedRows {
  const { up, down } = mlpWeights(block);
  const [rows] = shape;
  if (part === "down") return { weight: down, firstRow: 0, rows };
  const last = part === "up" ? (up.shape[0] ?? rows) - rows : 0;
  return { weight: up, firstRow: last, rows };
}

/** The values of a matrix (out, in), read back from the GPU. */
export async function readMatrix(
  ctx: Ctx,
  weights: BlockWeights,
  matrix: MlpMatrix,
): Promise<Float32Array<ArrayBuffer>> {
  const { weight, firstRow, rows } = packedRows(weights, matrix);
  const [, cols] = matrix.shape;
  return (await ctx.read(weight)).slice(firstRow * cols, (firstRow + rows) * cols);
}
