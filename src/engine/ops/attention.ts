// Causal attention with grouped key/value heads (Vaswani et al. 2017; Ainslie et al. 2023), on packed q|k|v rows or over a KV cache.
import mixCode from "../../../shaders/attention_mix.wgsl?raw";
import scoresCode from "../../../shaders/attention_scores.wgsl?raw";
import softmaxCode from "../../../shaders/attention_softmax.wgsl?raw";
import causal from "../../../shaders/lib/causal.wgsl?raw";
import tile from "../../../shaders/lib/tile.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, ELEMENT_BYTES, matrixOf, type Tensor } from "../tensor.ts";
import { type HeadShape, packedWidth } from "./rope.ts";
import { rowKernel } from "./variants.ts";

/** Side of a tile (lib/tile.wgsl). */
const TILE = 8;
/** Invocations a workgroup of the kernels that do a tile each; small, so that short sequences use every core. */
const SIZE = 16;
/** Attention weights held at once, unless one group of heads needs more; they are scratch, so longer sequences take more dispatches. */
const SCRATCH_BYTES = 64 * 2 ** 20;
const NO_WINDOW = 0xffffffff;

const spec = (label: string, code: string, entry: string): KernelSpec => ({
  label,
  code: [tile, causal, code].join("\n"),
  entry,
  constants: { SIZE },
});
const SCORES = spec("attention scores", scoresCode, "scores");
const SCORES_BACKWARD = spec("attention scores backward", scoresCode, "backward");
const MIX = spec("attention mix", mixCode, "mix");
const MIX_QUERIES = spec("attention d q", mixCode, "mix");
const MIX_TRANSPOSED = spec("attention d k d v", mixCode, "mix_transposed");
const softmaxText = [tile, causal, softmaxCode].join("\n");
const SOFTMAX = rowKernel("attention softmax", softmaxText, "softmax");
const ROW_DOTS = rowKernel("attention row dots", softmaxText, "row_dots");

export interface AttentionOptions {
  /** Each query sees this many keys at most, itself included (sliding window); default: all before it. */
  window?: number;
  /** Most bytes of attention weights held at once. */
  scratchBytes?: number;
}

/** What all dispatches of one call have in common; in the units of the WGSL. */
interface Plan {
  rows: number;
  keys: number;
  stride: number;
  depth: number;
  group: number;
  window: number;
  from_cache: number;
}

/**
 * Row t of q sees keys 0 to start + t; scale 1 / sqrt(headDim). Result (T, heads headDim).
 * qkv: (T, (heads + 2 kvHeads) headDim), rotated. kv: the same tensor (keys and values of these T tokens; `start` does not
 * count then), or a cache (S, 2 kvHeads headDim) that holds start + T rows, over which there is no gradient. start: u32 (1).
 */
export function attention(
  ctx: Ctx,
  qkv: Tensor,
  kv: Tensor,
  start: Tensor,
  shape: HeadShape,
  options: AttentionOptions = {},
): Tensor {
  const { heads, kvHeads, headDim } = shape;
  const { rows } = matrixOf(qkv);
  const keys = matrixOf(kv).rows;
  const cached = kv !== qkv;
  checkShape(qkv, [rows, packedWidth(shape)], "attention q|k|v");
  if (cached) checkShape(kv, [keys, 2 * kvHeads * headDim], "attention KV cache");
  invariant(
    headDim % 4 === 0 && heads % kvHeads === 0,
    "unsupported",
    `attention needs a head_dim that is a multiple of 4 and whole groups of heads; ${heads} heads, ${kvHeads} key/value heads of ${headDim} came`,
  );
  const depth = headDim / 4;
  const group = heads / kvHeads;
  const stride = (Math.ceil(keys / TILE) * TILE) / 4;
  const window = Math.min(options.window ?? NO_WINDOW, NO_WINDOW);
  const plan: Plan = { rows, keys, stride, depth, group, window, from_cache: cached ? 1 : 0 };
  const columns = {
    q_stride: packedWidth(shape) / 4,
    kv_stride: matrixOf(kv).cols / 4,
    k_column: cached ? 0 : heads * depth,
    v_column: (cached ? kvHeads : heads + kvHeads) * depth,
    out_stride: heads * depth,
    scale: 1 / Math.sqrt(headDim),
  };
  const parts = split(heads, group, rows * stride * 4 * ELEMENT_BYTES, options.scratchBytes ?? SCRATCH_BYTES);
  const mostHeads = parts[0]?.count ?? 0;

  const differentiable = ctx.needsGrad(qkv);
  invariant(
    !(differentiable && cached),
    "unsupported",
    "attention over a KV cache has no gradient: train without a cache",
  );
  const out = ctx.empty([rows, heads * headDim], "attention", { requiresGrad: differentiable });
  const stats = ctx.empty([heads, rows, 2], "softmax statistics");

  scratch(ctx, () => {
    const weights = ctx.empty([mostHeads, rows, 4 * stride], "attention weights");
    for (const { first, count } of parts) {
      ctx.run(
        SCORES,
        [start, qkv, kv, weights],
        { ...plan, ...columns, first_head: first },
        tiles(rows, 4 * stride, count),
      );
      const softmax = SOFTMAX(ctx, count * rows, 4 * stride);
      const dims = { rows, heads: count, first_head: first, stride, window, from_cache: plan.from_cache };
      ctx.run(softmax.spec, [start, weights, stats], dims, softmax.groups);
      const values = { value_stride: columns.kv_stride, value_column: columns.v_column };
      const result = { result_stride: columns.out_stride, result_column: 0 };
      const mix = { ...plan, ...values, ...result, first_head: first };
      ctx.run(MIX, [weights, kv, start, out], mix, tiles(rows, headDim, count));
    }
    return out;
  });

  return ctx.record(out, [qkv], (dout) => {
    const dqkv = ctx.gradTarget(qkv);
    scratch(ctx, () => {
      const dots = ctx.empty([heads, rows], "attention row dots");
      const weights = ctx.empty([mostHeads, rows, 4 * stride], "attention weights");
      const ds = ctx.empty([mostHeads, rows, 4 * stride], "d attention scores");
      const rowDots = ROW_DOTS(ctx, rows * heads, headDim);
      ctx.run(rowDots.spec, [out, dout, dots], { rows, heads, depth }, rowDots.groups);
      for (const { first, count } of parts) {
        const dims = { ...plan, ...columns, first_head: first };
        ctx.run(SCORES_BACKWARD, [qkv, dout, stats, dots, weights, ds], dims, tiles(rows, 4 * stride, count));
        const common = { ...plan, first_head: first, result_stride: columns.q_stride };
        const ofQkv = (column: number) => ({ value_stride: columns.q_stride, value_column: column });
        const dq = { ...common, ...ofQkv(columns.k_column), result_column: 0 };
        ctx.run(MIX_QUERIES, [ds, qkv, start, dqkv], dq, tiles(rows, headDim, count));
        const groups = tiles(keys, headDim, count / group);
        const dk = { ...common, ...ofQkv(0), result_column: columns.k_column };
        ctx.run(MIX_TRANSPOSED, [ds, qkv, dqkv], dk, groups);
        const ofDout = { value_stride: columns.out_stride, value_column: 0 };
        const dv = { ...common, ...ofDout, result_column: columns.v_column };
        ctx.run(MIX_TRANSPOSED, [weights, dout, dqkv], dv, groups);
      }
      return dqkv;
    });
    return [dqkv];
  });
}

/** Workgroups for the tiles of `rows` x `cols`, one a head in y. */
const tiles = (rows: number, cols: number, heads: number): readonly [number, number] => [
  Math.ceil((Math.ceil(rows / TILE) * Math.ceil(cols / TILE)) / SIZE),
  heads,
];

/** Runs of whole groups of heads whose weights together stay within `limitBytes`; at least one group a run. */
function split(
  heads: number,
  group: number,
  headBytes: number,
  limitBytes: number,
): { first: number; count: number }[] {
  const count = Math.min(heads, Math.max(1, Math.floor(limitBytes / (headBytes * group))) * group);
  const parts: { first: number; count: number }[] = [];
  for (let first = 0; first < heads; first += count) parts.push({ first, count: Math.min(count, heads - first) });
  return parts;
}

/** ctx.scope also while a tape records: nothing that `work` makes, but its result, is kept for backward. */
function scratch(ctx: Ctx, work: () => Tensor): void {
  const { tape } = ctx;
  ctx.tape = undefined;
  try {
    ctx.scope(work);
  } finally {
    ctx.tape = tape;
  }
}
