// The parameter budget as a loss (METHOD.md 1.4): how many block weights the gates keep, and how far that is from the target.
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import reduce from "../../../shaders/lib/reduce.wgsl?raw";
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/budget.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { PenaltyCosts } from "../masks/budget.ts";
import type { Tensor } from "../tensor.ts";
import { checkFlat, type GateTables } from "./kit/gateTables.ts";
import { groupsFor, groupsOf, kernelOf } from "./kit/launch.ts";

const kernel = (entry: string): KernelSpec => kernelOf("budget", entry, [grid, reduce, gateTiles, state, wgsl]);
const COUNT = kernel("count");
const PENALTY = kernel("penalty");
const BACKWARD = kernel("backward");

interface BudgetOptions {
  tables: GateTables;
  costs: PenaltyCosts;
  /** Its `ratio` is p. */
  stepState: Tensor;
}

interface BudgetLoss {
  /** (1): R = |ln(T / (p T_total))|, with T at least 1. The only output with a gradient. */
  readonly penalty: Tensor;
  /** (1): T. For gates of 0 and 1 exact up to 2^24, beyond that to 1e-6 of its value; masks/budget.ts computes it exactly from `counts`. */
  readonly kept: Tensor;
  /** (5L): |s| of each vector, exact for gates of 0 and 1. */
  readonly counts: Tensor;
}

/** R, T and |s| of gates, (flat gates): binary ones, or soft ones, whose values are summed. */
export function budget(ctx: Ctx, gates: Tensor, { tables, costs, stepState }: BudgetOptions): BudgetLoss {
  const { layout, tiles, bounds } = tables;
  const vectors = layout.sizes.length;
  checkFlat(gates, tables, "budget gates");
  invariant(
    vectors % VECTORS_PER_BLOCK === 0,
    "shape",
    `budget gates: expected ${VECTORS_PER_BLOCK} vectors per block, got ${vectors} vectors`,
  );
  const dims = {
    blocks: vectors / VECTORS_PER_BLOCK,
    tiles: layout.vectorOfTile.length,
    s1_cost: costs.s1Cost,
    s2_cost: costs.s2Cost,
    ups: costs.ups,
    total: costs.blockWeights,
  };
  const counts = ctx.empty([vectors], "gate counts");
  const kept = ctx.empty([1], "kept weights");
  const penalty = ctx.empty([1], "penalty", { requiresGrad: ctx.needsGrad(gates) });
  const parts = ctx.empty([dims.tiles, 1], "gate counts by tile");
  ctx.run(COUNT, [gates, tiles, parts], dims, groupsOf(COUNT, dims.tiles));
  ctx.run(PENALTY, [parts, bounds, stepState, counts, penalty, kept], dims, [1]);
  ctx.record(penalty, [gates], (dPenalty) => {
    const dGates = ctx.gradTarget(gates);
    ctx.run(BACKWARD, [dPenalty, counts, kept, tiles, stepState, dGates], dims, groupsFor(dims.tiles));
    return [dGates];
  });
  return { penalty, kept, counts };
}
