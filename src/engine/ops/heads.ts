// The last layer of the hypernetwork (METHOD.md 1.2): a linear head per selection vector, all in one flat weight.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/heads.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, ELEMENT_BYTES, matrixOf, type Tensor, view } from "../tensor.ts";
import type { GateTables } from "./kit/gateTables.ts";
import { gradTargets } from "./kit/gradTargets.ts";
import { type Constants, groupsFor, kernelOf } from "./kit/launch.ts";

const kernel = (entry: string, constants?: Constants): KernelSpec =>
  kernelOf("heads", entry, [grid, gateTiles, wgsl], constants);
const FORWARD = kernel("forward");
const GRADIENTS = { software: kernel("gradients", { TEAMS: 1 }), hardware: kernel("gradients", { TEAMS: 4 }) };

/** Most bytes of the weight's gradient that exist at a time where it is used part by part; at least one vector's. */
const PART_BYTES = 32 * 2 ** 20;

/** Gets a range of rows of a weight and their gradient, which is gone when it returns. It may overwrite these rows. */
export type UseGradient = (rows: Tensor, gradient: Tensor) => void;

interface HeadsOptions {
  tables: GateTables;
  /** Takes the weight's gradient part by part, instead of the tape: all of it takes as much memory as the weight. */
  useGradient?: UseGradient | undefined;
}

/**
 * Gate logits: logits[j] = weight[j] . h[vector of j], and 0 for padding. h: (vectors, C), C a multiple of 4; weight: (flat gates, C), one
 * row per gate, padding included; logits: (flat gates). Rows of padding get the gradient 0.
 */
export function heads(ctx: Ctx, h: Tensor, weight: Tensor, { tables, useGradient }: HeadsOptions): Tensor {
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
    const read = [dLogits, h, weight, bounds];
    const spec = GRADIENTS[ctx.gpu.facts.software ? "software" : "hardware"];
    const run = ({ first, end, firstGate }: Part, targets: readonly Tensor[]): void => {
      const part = { first, end, first_gate: firstGate, quads: dims.quads };
      ctx.run(spec, [...read, ...targets], part, groupsFor(end - first));
    };
    const all = { first: 0, end: layout.sizes.length, firstGate: 0, gates: layout.length };
    if (!useGradient) {
      const { targets, gradients } = gradTargets(ctx, [h, weight]);
      run(all, targets);
      return gradients;
    }
    const { targets, gradients } = gradTargets(ctx, [h]);
    for (const part of partsOf(layout, PART_BYTES / (ELEMENT_BYTES * cols))) {
      const shape = [part.gates, cols];
      ctx.scratch(shape, "d heads", (gradient) => {
        run(part, [...targets, gradient]);
        useGradient(view(weight, part.firstGate * cols, shape), gradient);
      });
    }
    return [...gradients, null];
  });
}

/** The vectors from `first` to `end`, and their flat gates with padding. */
interface Part {
  first: number;
  end: number;
  firstGate: number;
  gates: number;
}

/** Adjacent vectors with at most `most` gates together, or one with more. */
function partsOf({ sizes, offsets, length }: GateTables["layout"], most: number): Part[] {
  const parts: Part[] = [];
  for (let vector = 0; vector < sizes.length; vector++) {
    const start = offsets[vector] ?? 0;
    const gates = (offsets[vector + 1] ?? length) - start;
    const last = parts.at(-1);
    if (last && last.gates + gates <= most) Object.assign(last, { end: vector + 1, gates: last.gates + gates });
    else parts.push({ first: vector, end: vector + 1, firstGate: start, gates });
  }
  return parts;
}
