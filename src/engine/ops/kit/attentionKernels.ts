// The kernels of attention and how each is dispatched: by tiles, or by single rows where there are too few for a tile.
import mixCode from "../../../../shaders/attention/mix.wgsl?raw";
import scoresCode from "../../../../shaders/attention/scores.wgsl?raw";
import softmaxCode from "../../../../shaders/attention/softmax.wgsl?raw";
import alone from "../../../../shaders/lib/alone.wgsl?raw";
import causal from "../../../../shaders/lib/causal.wgsl?raw";
import quad from "../../../../shaders/lib/quad.wgsl?raw";
import tile from "../../../../shaders/lib/tile.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import type { KernelSpec, Uniform } from "../../gpu/kernel.ts";
import type { Tensor } from "../../tensor.ts";
import { rowKernel } from "./variants.ts";

/** Rows and columns that one invocation makes (lib/tile.wgsl), and the invocations of a quad. */
export const TILE = 16;
const LANE_COLUMNS = 8;
const QUAD = 4;
/** Up to so many rows (decoding), single rows cost less than a tile. */
const FEW_ROWS = 4;
/** Invocations a workgroup: few on software adapters, so that a short sequence uses every core. */
const SOFTWARE_SIZE = 16;
const HARDWARE_SIZE = 64;

/** The shape of a dispatch: `rows` x `cols` results for each of `heads` heads. */
export interface Extent {
  rows: number;
  cols: number;
  heads: number;
}

type Run = (ctx: Ctx, args: readonly Tensor[], dims: Uniform, extent: Extent) => void;

type Constants = Readonly<Record<string, number>>;

const spec = (label: string, first: string, code: string, entry: string, constants: Constants): KernelSpec => ({
  label,
  code: [first, tile, causal, code].join("\n"),
  entry,
  constants,
});

/** Tiles whose loads are shared in quads where the adapter has them. */
function tiles(label: string, code: string, entry: string, constants: Constants = {}): Run {
  const quads = spec(label, quad, code, entry, { ...constants, SIZE: QUAD });
  const hardware = spec(label, alone, code, entry, { ...constants, SIZE: HARDWARE_SIZE });
  const software = spec(label, alone, code, entry, { ...constants, SIZE: SOFTWARE_SIZE });
  return (ctx, args, dims, { rows, cols, heads }) => {
    const { facts } = ctx.gpu;
    const chosen = facts.quads ? quads : facts.software ? software : hardware;
    const sharing = facts.quads ? QUAD : 1;
    const invocations = Math.ceil(rows / TILE) * Math.ceil(cols / (LANE_COLUMNS * sharing)) * sharing;
    ctx.run(chosen, args, dims, [Math.ceil(invocations / (chosen.constants?.["SIZE"] ?? 1)), heads]);
  };
}

/** One invocation a result, or `unit` results that lie side by side. */
function single(label: string, code: string, entry: string, unit: number): Run {
  const hardware = spec(label, alone, code, entry, { SIZE: HARDWARE_SIZE });
  const software = spec(label, alone, code, entry, { SIZE: SOFTWARE_SIZE });
  return (ctx, args, dims, { rows, cols, heads }) => {
    const chosen = ctx.gpu.facts.software ? software : hardware;
    ctx.run(chosen, args, dims, [Math.ceil((rows * cols) / unit / (chosen.constants?.["SIZE"] ?? 1)), heads]);
  };
}

const byRows =
  (few: Run, many: Run): Run =>
  (ctx, args, dims, extent) =>
    (extent.rows <= FEW_ROWS ? few : many)(ctx, args, dims, extent);

export const runScores = byRows(
  single("attention scores", scoresCode, "scores_few", 1),
  tiles("attention scores", scoresCode, "scores"),
);
export const runMix = byRows(single("attention mix", mixCode, "mix_few", 4), tiles("attention mix", mixCode, "mix"));
/** From scores that were made again, which it turns into weights. */
export const runScoresBackward = tiles("attention d scores", scoresCode, "backward");
/** From the weights of forward. */
export const runScoresBackwardKept = tiles("attention d scores", scoresCode, "backward", { KEPT: 1 });
export const runMixTransposed = tiles("attention d k d v", mixCode, "mix_transposed");

const softmaxText = [alone, tile, causal, softmaxCode].join("\n");
export const SOFTMAX = rowKernel("attention softmax", softmaxText, "softmax");
export const ROW_DOTS = rowKernel("attention row dots", softmaxText, "row_dots");
