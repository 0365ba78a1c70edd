// Uniform noise for every gate, made on the GPU from counters (METHOD.md 1.3); rng.ts computes the same bits.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import lib from "../../../shaders/lib/noise.wgsl?raw";
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/noise.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { Tensor } from "../tensor.ts";
import type { GateTables } from "./kit/gateTables.ts";
import { groupsFor } from "./kit/launch.ts";

const FORWARD: KernelSpec = { label: "noise", code: [grid, gateTiles, state, lib, wgsl].join("\n"), entry: "forward" };

/** u in (0, 1) for every flat gate: hash(seed, step, draw, vector, index in vector), seed and step from `stepState`. `draw` is one of rng.ts's DRAW. */
export function noise(ctx: Ctx, { layout, tiles }: GateTables, stepState: Tensor, draw: number): Tensor {
  const u = ctx.empty([layout.length], "noise");
  const dims = { tiles: layout.vectorOfTile.length, draw };
  ctx.run(FORWARD, [tiles, stepState, u], dims, groupsFor(dims.tiles));
  return u;
}
