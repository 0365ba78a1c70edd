// From gate logits and noise to gates, with the gradient estimators of METHOD.md 1.3.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import sigmoid from "../../../shaders/lib/sigmoid.wgsl?raw";
import wgsl from "../../../shaders/binarize.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { LOGIT_OFFSET } from "../masks/gates.ts";
import type { Estimator } from "../recipes/recipe.ts";
import type { Tensor } from "../tensor.ts";
import { checkFlat, type GateTables } from "./kit/gateTables.ts";
import { type Constants, groupsFor, kernelOf } from "./kit/launch.ts";

/**
 * How one draw of gates is made. reinmax (Liu et al. 2023) and straight-through draw B = [u < sigmoid(x + 3)]. gumbel-soft is
 * sigmoid((x + G + 3)/0.4), and gumbel-hard is that rounded, with the gradient of the soft gate (DISP-LLM's released code). A recipe's
 * Estimator names only "gumbel", because such a step makes two draws: soft gates for the loss and hard ones for the budget.
 */
export type GateEstimator = Exclude<Estimator, "gumbel"> | "gumbel-soft" | "gumbel-hard";

/** Temperature of the Gumbel-sigmoid, as in the released code. */
export const GUMBEL_TEMPERATURE = 0.4;

const kernel = (entry: string, constants?: Constants): KernelSpec =>
  kernelOf("binarize", entry, [grid, gateTiles, sigmoid, wgsl], constants);
const BERNOULLI = kernel("bernoulli");
const GUMBEL_BACKWARD = kernel("gumbel_backward");
const FORWARD: Record<GateEstimator, KernelSpec> = {
  reinmax: BERNOULLI,
  "straight-through": BERNOULLI,
  "gumbel-soft": kernel("gumbel", { hard: 0 }),
  "gumbel-hard": kernel("gumbel", { hard: 1 }),
};
const BACKWARD: Record<GateEstimator, KernelSpec> = {
  reinmax: kernel("bernoulli_backward", { reinmax: 1 }),
  "straight-through": kernel("bernoulli_backward", { reinmax: 0 }),
  "gumbel-soft": GUMBEL_BACKWARD,
  "gumbel-hard": GUMBEL_BACKWARD,
};

interface BinarizeOptions {
  /** Noise in (0, 1): (flat gates). It gets no gradient. */
  noise: Tensor;
  tables: GateTables;
  estimator: GateEstimator;
}

/** Gates in [0, 1] from gate logits x without the offset 3. Both: (flat gates). Padding gates are 0. */
export function binarize(ctx: Ctx, x: Tensor, { noise, tables, estimator }: BinarizeOptions): Tensor {
  const { layout, tiles } = tables;
  checkFlat(x, tables, "binarize logits");
  checkFlat(noise, tables, "binarize noise");
  const dims = { tiles: layout.vectorOfTile.length, offset: LOGIT_OFFSET, temperature: GUMBEL_TEMPERATURE };
  const groups = groupsFor(dims.tiles);
  const gates = ctx.empty(x.shape, "gates", { requiresGrad: ctx.needsGrad(x) });
  ctx.run(FORWARD[estimator], [x, noise, tiles, gates], dims, groups);
  return ctx.record(gates, [x], (dGates) => {
    const dx = ctx.gradTarget(x);
    // the Gumbel-sigmoid's gradient depends on the noise, the others on the gates that were drawn
    const drawn = BACKWARD[estimator] === GUMBEL_BACKWARD ? noise : gates;
    ctx.run(BACKWARD[estimator], [x, drawn, tiles, dGates, dx], dims, groups);
    return [dx];
  });
}
