// Uniform noise for every gate, made on the GPU from counters (METHOD.md 1.3). rng.ts computes the same bits.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import lib from "../../../shaders/lib/noise.wgsl?raw";
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/noise.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { Tensor } from "../tensor.ts";
import type { GateTables } from "./kit/gateTables.ts";
import { groupsFor, kernelOf } from "./kit/launch.ts";

const FORWARD = kernelOf("noise", "forward", [grid, gateTiles, state, lib, wgsl]);

/** u in (0, 1): (flat gates), hash(seed, step, draw, vector, index in the vector) with seed and step of the step state. draw: one of DRAW. */
export function noise(ctx: Ctx, { layout, tiles }: GateTables, stepState: Tensor, draw: number): Tensor {
  const u = ctx.empty([layout.length], "noise");
  const dims = { tiles: layout.vectorOfTile.length, draw };
  ctx.run(FORWARD, [tiles, stepState, u], dims, groupsFor(dims.tiles));
  return u;
}
