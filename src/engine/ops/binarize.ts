// From logits and noise to gates, by one of the gradient estimators of METHOD.md 1.3.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import sigmoid from "../../../shaders/lib/sigmoid.wgsl?raw";
import wgsl from "../../../shaders/binarize.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { LOGIT_OFFSET } from "../masks/gates.ts";
import type { Tensor } from "../tensor.ts";
import { checkFlat, type GateTables } from "./kit/gateTables.ts";
import { groupsFor } from "./kit/launch.ts";

/**
 * reinmax (Liu et al. 2023; the default) and straight-through draw B = [u < sigmoid(x + 3)]; gumbel-soft is sigmoid((x + G + 3)/0.4) and
 * gumbel-hard its rounding with the gradient of the soft one (DISP-LLM's released code).
 */
export type GateEstimator = "reinmax" | "straight-through" | "gumbel-soft" | "gumbel-hard";

/** Of the Gumbel-sigmoid, as released. */
export const GUMBEL_TEMPERATURE = 0.4;

const code = [grid, gateTiles, sigmoid, wgsl].join("\n");
const BERNOULLI: KernelSpec = { label: "bernoulli", code, entry: "bernoulli" };
const GUMBEL_BACKWARD: KernelSpec = { label: "gumbel backward", code, entry: "gumbel_backward" };
const kernel = (label: string, entry: string, constants: Record<string, number>): KernelSpec => ({
  label,
  code,
  entry,
  constants,
});
const FORWARD: Record<GateEstimator, KernelSpec> = {
  reinmax: BERNOULLI,
  "straight-through": BERNOULLI,
  "gumbel-soft": kernel("gumbel soft", "gumbel", { hard: 0 }),
  "gumbel-hard": kernel("gumbel hard", "gumbel", { hard: 1 }),
};
const BACKWARD: Record<GateEstimator, KernelSpec> = {
  reinmax: kernel("reinmax backward", "bernoulli_backward", { reinmax: 1 }),
  "straight-through": kernel("straight-through backward", "bernoulli_backward", { reinmax: 0 }),
  "gumbel-soft": GUMBEL_BACKWARD,
  "gumbel-hard": GUMBEL_BACKWARD,
};

/** Gates in [0, 1] from logits x (without the offset) and noise u in (0, 1), all flat; padding gates are 0. Only x gets a gradient. */
export function binarize(ctx: Ctx, x: Tensor, u: Tensor, tables: GateTables, estimator: GateEstimator): Tensor {
  const { layout, tiles } = tables;
  checkFlat(x, tables, "binarize logits");
  checkFlat(u, tables, "binarize noise");
  const dims = { tiles: layout.vectorOfTile.length, offset: LOGIT_OFFSET, temperature: GUMBEL_TEMPERATURE };
  const groups = groupsFor(dims.tiles);
  const gates = ctx.empty(x.shape, "gates", { requiresGrad: ctx.needsGrad(x) });
  ctx.run(FORWARD[estimator], [x, u, tiles, gates], dims, groups);
  return ctx.record(gates, [x], (dGates) => {
    const dx = ctx.gradTarget(x);
    const drawn = BACKWARD[estimator] === GUMBEL_BACKWARD ? u : gates;
    ctx.run(BACKWARD[estimator], [x, drawn, tiles, dGates, dx], dims, groups);
    return [dx];
  });
}
