// The last layer of the hypernetwork (METHOD.md 1.2): a linear head per selection vector, all in one flat weight.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/heads.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import type { GateTables } from "./kit/gateTables.ts";
import { gradTargets } from "./kit/gradTargets.ts";
import { type Constants, groupsFor, kernelOf } from "./kit/launch.ts";

const kernel = (entry: string, constants?: Constants): KernelSpec =>
  kernelOf("heads", entry, [grid, gateTiles, wgsl], constants);
const FORWARD = kernel("forward");
const GRADIENTS = { software: kernel("gradients", { TEAMS: 1 }), hardware: kernel("gradients", { TEAMS: 4 }) };

/**
 * Gate logits: logits[j] = weight[j] . h[vector of j], and 0 for padding. h: (vectors, C), C a multiple of 4; weight: (flat gates, C), one
 * row per gate, padding included; logits: (flat gates). Rows of padding get the gradient 0.
 */
export function heads(ctx: Ctx, h: Tensor, weight: Tensor, tables: GateTables): Tensor {
  const { layout, tiles, bounds } = tables;
  const { cols } = matrixOf(h);
  checkShape(h, [layout.sizes.length, cols], "heads input");
  checkShape(weight, [layout.length, cols], "heads weight");
  invariant(cols % 4 === 0, "shape", `heads width: expected a multiple of 4, got ${cols}`);
  const dims = { tiles: layout.vectorOfTile.length, quads: cols / 4 };
  const perTile = groupsFor(dims.tiles);
  const logits = ctx.empty([layout.length], "logits", { requiresGrad: ctx.needsGrad(h, weight) });
  ctx.run(FORWARD, [h, weight, tiles, logits], dims, perTile);
  return ctx.record(logits, [h, weight], (dLogits) => {
    const { targets, gradients } = gradTargets(ctx, [h, weight]);
    const vectors = layout.sizes.length;
    const read = [dLogits, h, weight, bounds];
    const spec = GRADIENTS[ctx.gpu.facts.software ? "software" : "hardware"];
    ctx.run(spec, [...read, ...targets], { vectors, quads: dims.quads }, groupsFor(vectors));
    return gradients;
  });
}
