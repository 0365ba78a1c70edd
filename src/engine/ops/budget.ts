// The parameter budget as a loss (METHOD.md 1.4): how many block weights the gates keep, and how far that is from the target.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import reduce from "../../../shaders/lib/reduce.wgsl?raw";
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/budget.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { VECTORS_PER_BLOCK } from "../masks/gates.ts";
import type { Tensor } from "../tensor.ts";
import { checkFlat, type GateTables } from "./kit/gateTables.ts";
import { groupsFor } from "./kit/launch.ts";
import { tileSums } from "./tileSums.ts";

/** What a kept gate costs, in weights; `Budget` of prune/budget.ts is one. */
export interface BudgetCosts {
  /** dq + 2 dkv. */
  readonly s1Cost: number;
  /** dq. */
  readonly s2Cost: number;
  /** g: 2 for a GLU, else 1. */
  readonly ups: number;
  /** T_total. */
  readonly blockWeights: number;
}

export interface BudgetLoss {
  /** (1): R = |ln(T / (p T_total))|, with p from the step state and T at least 1. The only output with a gradient. */
  readonly penalty: Tensor;
  /** (1): T. Exact up to 2^24 where the gates are 0 or 1; beyond that to 1e-6 of its value (prune/budget.ts counts exactly, from `counts`). */
  readonly kept: Tensor;
  /** (5L): |s| of each vector, exact where the gates are 0 or 1. */
  readonly counts: Tensor;
}

const WORKGROUP = 64;
const code = [grid, reduce, gateTiles, state, wgsl].join("\n");
const COUNT: KernelSpec = { label: "budget count", code, entry: "count" };
const PENALTY: KernelSpec = { label: "budget", code, entry: "penalty" };
const BACKWARD: KernelSpec = { label: "budget backward", code, entry: "backward" };

/** R, T and |s| of flat gates (binary, or soft values that are summed). */
export function budget(ctx: Ctx, gates: Tensor, tables: GateTables, costs: BudgetCosts, stepState: Tensor): BudgetLoss {
  const { layout, tiles } = tables;
  const vectors = layout.sizes.length;
  checkFlat(gates, tables, "budget gates");
  invariant(vectors % VECTORS_PER_BLOCK === 0, "shape", `budget: five vectors a block expected, ${vectors} came`);
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
  ctx.run(COUNT, [gates, tiles, parts], dims, groupsFor(dims.tiles, WORKGROUP));
  tileSums(ctx, parts, tables, counts);
  ctx.run(PENALTY, [counts, stepState, penalty, kept], dims, [1]);
  ctx.record(penalty, [gates], (dPenalty) => {
    const dGates = ctx.gradTarget(gates);
    ctx.run(BACKWARD, [dPenalty, counts, kept, tiles, stepState, dGates], dims, groupsFor(dims.tiles));
    return [dGates];
  });
  return { penalty, kept, counts };
}
