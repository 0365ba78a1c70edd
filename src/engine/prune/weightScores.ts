// Scores, selection and zeroing of one block's MLP by magnitude, Wanda or DaSS (method.md section 2), on the GPU.
import type { Ctx } from "../ctx.ts";
import type { BlockWeights } from "../model/decoderWeights.ts";
import { applyKeep, keepGroups, keepLargest } from "../ops/keepWeights.ts";
import { type PackedRows, type ScoreScale, weightScores } from "../ops/weightScores.ts";
import type { Tensor } from "../tensor.ts";
import { directionOf, type MlpMatrix, type MlpPart } from "./mlpMatrices.ts";
import { type Pattern, removedOf, type WeightMethod } from "./weightRecipe.ts";
import type { WeightMask } from "./weightMasks.ts";

export type ScoredMethod = Exclude<WeightMethod, "sparsegpt">;

/** Sums of squares over the calibration tokens: of what gate and up read (d), and of what down reads (f). */
export interface MlpSquares {
  input: Tensor;
  middle: Tensor;
}

/** Where a matrix lies in the block's packed weights. */
export function packedRows({ up, down }: BlockWeights, { part, shape }: MlpMatrix): PackedRows {
  const [rows] = shape;
  if (part === "down") return { weight: down.weight, firstRow: 0, rows };
  const last = part === "up" ? (up.weight.shape[0] ?? rows) - rows : 0;
  return { weight: up.weight, firstRow: last, rows };
}

/** Which norm a score takes, and to which power. */
export function scaleOf(method: ScoredMethod, part: MlpPart): { by: ScoreScale; squares: keyof MlpSquares } {
  if (method === "magnitude") return { by: "none", squares: "input" };
  if (part === "down") return { by: "input norm", squares: "middle" };
  return method === "dass" ? { by: "root of output norm", squares: "middle" } : { by: "input norm", squares: "input" };
}

/** Zeroes in place what the pattern removes of one matrix. Returns its mask. */
export async function pruneMatrix(
  ctx: Ctx,
  weights: BlockWeights,
  matrix: MlpMatrix,
  squares: MlpSquares,
  method: ScoredMethod,
  pattern: Pattern,
): Promise<WeightMask> {
  const rows = packedRows(weights, matrix);
  const along = directionOf(method, matrix.part);
  const scale = scaleOf(method, matrix.part);
  const bits = ctx.step(() => {
    const scores = weightScores(ctx, rows, squares[scale.squares], scale.by);
    const length = along === "inputs" ? matrix.shape[1] : matrix.shape[0];
    const keep =
      pattern.kind === "groups"
        ? keepGroups(ctx, scores, along, pattern.removed, pattern.size)
        : keepLargest(ctx, scores, along, removedOf(length, pattern.removed));
    return applyKeep(ctx, rows, keep);
  });
  return { matrix, bits: await ctx.readU32(bits) };
}
