// Scores of weights for one-shot pruning: magnitude, Wanda and DaSS (METHOD.md 2).
import wgsl from "../../../shaders/weight_scores.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { ScoreScale } from "../masks/mlpMatrices.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";

const WORKGROUP = 64;

/** Numbered as SCALE in weight_scores.wgsl: by nothing, by the norm of the input, by the root of the norm of the output. */
const SCALES: readonly ScoreScale[] = ["none", "input norm", "root of output norm"];

const kernel = (scale: ScoreScale): KernelSpec => ({
  label: `weight scores by ${scale}`,
  code: [grid, wgsl].join("\n"),
  entry: "forward",
  constants: { SCALE: SCALES.indexOf(scale) },
});
const KERNELS: Readonly<Record<ScoreScale, KernelSpec>> = {
  none: kernel("none"),
  "input norm": kernel("input norm"),
  "root of output norm": kernel("root of output norm"),
};

/** Whole rows of a packed matrix: gate lies in gate|up from row 0, up from row f. */
export interface PackedRows {
  /** (all rows, cols) */
  weight: Tensor;
  firstRow: number;
  rows: number;
}

/** (rows, cols) scores. squares: sums of squares (addColumnSquares) of the input (cols) or output (rows); unread for "none". */
export function weightScores(ctx: Ctx, part: PackedRows, squares: Tensor, scale: ScoreScale): Tensor {
  const { weight, firstRow, rows } = part;
  const { cols } = matrixOf(weight);
  if (scale !== "none") checkShape(squares, [scale === "input norm" ? cols : rows], "squares of weight scores");
  const scores = ctx.empty([rows, cols], "weight scores");
  const dims = { rows, cols, first: firstRow * cols };
  ctx.run(KERNELS[scale], [weight, squares, scores], dims, groupsFor(rows * cols, WORKGROUP));
  return scores;
}
