// The kernels of attention and their dispatches: by tiles, or, for too few rows to fill a tile, by single rows.
import gradientsCode from "../../../../shaders/attention/gradients.wgsl?raw";
import mixCode from "../../../../shaders/attention/mix.wgsl?raw";
import scoresCode from "../../../../shaders/attention/scores.wgsl?raw";
import softmaxCode from "../../../../shaders/attention/softmax.wgsl?raw";
import alone from "../../../../shaders/lib/alone.wgsl?raw";
import causal from "../../../../shaders/lib/causal.wgsl?raw";
import grid from "../../../../shaders/lib/grid.wgsl?raw";
import headPlace from "../../../../shaders/lib/head_place.wgsl?raw";
import rotary from "../../../../shaders/lib/rotary.wgsl?raw";
import softcap from "../../../../shaders/lib/softcap.wgsl?raw";
import quad from "../../../../shaders/lib/quad.wgsl?raw";
import tile from "../../../../shaders/lib/tile.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import type { KernelSpec } from "../../gpu/kernel.ts";
import type { Groups } from "../../gpu/pastDispatches.ts";
import type { Uniform } from "../../gpu/uniforms.ts";
import type { Tensor } from "../../tensor.ts";
import { type Code, type Constants, groupsFor, kernelOf, kernelSizes } from "./launch.ts";
import { rowKernel } from "./variants.ts";

/** With this many rows or fewer (decoding on software adapters), single rows are faster than tiles. */
const FEW_ROWS = 4;
/** Invocations per workgroup. Few on software adapters, so that a short sequence uses every core; with quads, one quad. */
const SIZES = { quads: 4, software: 16, hardware: 64 };

/** The shape of a dispatch: rows x cols results for each of `heads` heads. */
interface Extent {
  rows: number;
  cols: number;
  heads: number;
}

/** Runs one kernel. `args` are in the order of its WGSL bindings, `dims` are its uniform. */
type Run = (ctx: Ctx, args: readonly Tensor[], dims: Uniform, extent: Extent) => void;

const SCORES: Code = [softcap, scoresCode];
const MIX: Code = [headPlace, mixCode];

const spec = (first: string, code: Code, entry: string, constants: Constants): KernelSpec =>
  kernelOf("attention", entry, [first, grid, tile, causal, ...code], constants);

/** Workgroups for `count` invocations of each head, which is z. */
function perHead(count: number, workgroup: number, heads: number): Groups {
  const [x, y = 1] = groupsFor(count, workgroup);
  return [x, y, heads];
}

/** A kernel over tiles, which share their loads if the adapter has quads. */
function tiles(code: Code, entry: string, constants: Constants = {}): Run {
  const quads = spec(quad, code, entry, { ...constants, SIZE: SIZES.quads });
  const hardware = spec(alone, code, entry, { ...constants, SIZE: SIZES.hardware });
  const software = spec(alone, code, entry, { ...constants, SIZE: SIZES.software });
  return (ctx, args, dims, { rows, cols, heads }) => {
    const { facts } = ctx.gpu;
    const chosen = facts.quads ? quads : facts.software ? software : hardware;
    const { workgroup, constant } = kernelSizes(chosen);
    const count = Math.ceil(rows / constant("TILE")) * Math.ceil(cols / constant("TILE_COLUMNS"));
    ctx.run(chosen, args, dims, perHead(count * constant("SHARING"), workgroup, heads));
  };
}

/** A kernel with one invocation per `unit` adjacent results. */
function single(code: Code, entry: string, unit: number): Run {
  const hardware = spec(alone, code, entry, { SIZE: SIZES.hardware });
  const software = spec(alone, code, entry, { SIZE: SIZES.software });
  return (ctx, args, dims, { rows, cols, heads }) => {
    const chosen = ctx.gpu.facts.software ? software : hardware;
    ctx.run(chosen, args, dims, perHead((rows * cols) / unit, kernelSizes(chosen).workgroup, heads));
  };
}

const byRows =
  (few: Run, many: Run): Run =>
  (ctx, args, dims, extent) =>
    (extent.rows <= FEW_ROWS ? few : many)(ctx, args, dims, extent);

export const runScores = byRows(single(SCORES, "scores_few", 1), tiles(SCORES, "scores"));
export const runMix = byRows(single(MIX, "mix_few", 4), tiles(MIX, "mix"));
/** From recomputed scores, which it turns into attention weights. */
export const runScoreGradient = tiles(SCORES, "score_gradient");
/** From the attention weights that forward kept. */
export const runScoreGradientKept = tiles(SCORES, "score_gradient", { KEPT: 1 });
/** Its extent's heads: those of q, k and v. */
export const runGradients = tiles([headPlace, rotary, gradientsCode], "gradients");

export const SOFTMAX = rowKernel("attention", "softmax", [alone, tile, causal, softmaxCode]);

/** Rows of a tile; the stored keys of a query are padded to a multiple of it. */
export const TILE = kernelSizes(spec(alone, SCORES, "scores", {})).constant("TILE");
