// Unstructured pruning: which weights are kept, by their scores, in every row or column (METHOD.md 2).
import wgsl from "../../../shaders/keep_largest.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Direction } from "../masks/mlpMatrices.ts";
import { matrixOf, type Tensor } from "../tensor.ts";
import { rowKernel } from "./kit/variants.ts";

const FORWARD = rowKernel("keepLargest", "forward", [wgsl]);

export interface LinePattern {
  /** Which weights are compared: the inputs of one output (a row), or the outputs of one input (a column). */
  along: Direction;
  /** Weights pruned per row or column. */
  removed: number;
}

/**
 * A mask, u32 (rows, cols), 1 = kept: of every row or column it prunes the `removed` smallest scores; of equal scores the earlier one goes
 * first. scores: (rows, cols), none negative. Not differentiable.
 */
export function keepLargest(ctx: Ctx, scores: Tensor, { along, removed }: LinePattern): Tensor {
  const { rows, cols } = matrixOf(scores);
  const [lines, length, inner] = along === "inputs" ? [rows, cols, 1] : [cols, rows, cols];
  invariant(
    removed <= length,
    "shape",
    () => `${scores.label}: expected to prune at most ${length} of a line, got ${removed}`,
  );
  const keep = ctx.empty(scores.shape, "keep", { dtype: "u32" });
  const { spec, groups } = FORWARD(ctx, lines, cols, 1);
  ctx.run(spec, [scores, keep], { lines, length, inner, removed }, groups);
  return keep;
}
