// Scores of weights for one-shot pruning: magnitude, Wanda and DaSS (METHOD.md 2).
import wgsl from "../../../shaders/weight_scores.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { ScoreScale } from "../masks/mlpMatrices.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

/** In the order of SCALE in weight_scores.wgsl: 1, the norm of the input, the root of the norm of the output. */
const SCALES: readonly ScoreScale[] = ["none", "input norm", "root of output norm"];

const kernel = (scale: ScoreScale): KernelSpec =>
  kernelOf("weightScores", "forward", [grid, wgsl], { SCALE: SCALES.indexOf(scale) });
const KERNELS: Readonly<Record<ScoreScale, KernelSpec>> = {
  none: kernel("none"),
  "input norm": kernel("input norm"),
  "root of output norm": kernel("root of output norm"),
};

/** Some rows of a packed matrix: in gate|up, gate starts at row 0 and up at row f. */
export interface PackedRows {
  /** (all rows, cols). */
  weight: Tensor;
  firstRow: number;
  rows: number;
}

/** Scores: (rows, cols). squares: sums of squares (addColumnSquares) of the input (cols) or the output (rows); not read for "none". */
export function weightScores(ctx: Ctx, part: PackedRows, squares: Tensor, scale: ScoreScale): Tensor {
  const { weight, firstRow, rows } = part;
  const { cols } = matrixOf(weight);
  if (scale !== "none") checkShape(squares, [scale === "input norm" ? cols : rows], "squares of weight scores");
  const scores = ctx.empty([rows, cols], "weight scores");
  const dims = { rows, cols, first: firstRow * cols };
  const kernel = KERNELS[scale];
  ctx.run(kernel, [weight, squares, scores], dims, groupsOf(kernel, rows * cols));
  return scores;
}
