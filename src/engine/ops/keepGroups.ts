// N:M pruning: which weights are kept, by their scores, in groups of adjacent weights (METHOD.md 2).
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/keep_groups.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Direction } from "../masks/mlpMatrices.ts";
import { matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

const FORWARD = kernelOf("keepGroups", "forward", [grid, wgsl]);

export interface GroupPattern {
  /** Along which weights are adjacent: the inputs of one output (a row), or the outputs of one input (a column). */
  along: Direction;
  /** Weights pruned per group. */
  removed: number;
  /** Weights per group; must divide the row or column. */
  size: number;
}

/**
 * A mask, u32 (rows, cols), 1 = kept: of every `size` adjacent scores it prunes the `removed` smallest; of equal scores the earlier one goes
 * first. scores: (rows, cols). Not differentiable.
 */
export function keepGroups(ctx: Ctx, scores: Tensor, { along, removed, size }: GroupPattern): Tensor {
  const { rows, cols } = matrixOf(scores);
  const length = along === "inputs" ? cols : rows;
  invariant(
    length % size === 0,
    "shape",
    () => `${scores.label}: expected a multiple of ${size} ${along}, got ${length}`,
  );
  const keep = ctx.empty(scores.shape, "keep", { dtype: "u32" });
  const groups = (rows * cols) / size;
  const dims = { groups, inner: along === "inputs" ? 1 : cols, removed, size };
  ctx.run(FORWARD, [scores, keep], dims, groupsOf(FORWARD, groups));
  return keep;
}
