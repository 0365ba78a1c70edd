// Causal attention with grouped key/value heads (Vaswani et al. 2017; Ainslie et al. 2023), on packed q|k|v rows or over a KV cache.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, ELEMENT_BYTES, matrixOf, sizeOf, type Tensor } from "../tensor.ts";
import {
  ROW_DOTS,
  runMix,
  runMixTransposed,
  runScores,
  runScoresBackward,
  runScoresBackwardKept,
  SOFTMAX,
  TILE,
} from "./kit/attentionKernels.ts";
import { type HeadShape, packedWidth } from "./rope.ts";

/** Attention weights held at once, unless one group of heads needs more; they are scratch, so longer sequences take more dispatches. */
const SCRATCH_BYTES = 64 * 2 ** 20;
/** A layer's attention weights are kept for backward up to this size; larger ones are made again from q and k. */
const KEPT_BYTES = 4 * 2 ** 20;
const NO_WINDOW = 0xffffffff;

export interface AttentionOptions {
  /** Each query sees this many keys at most, itself included (sliding window); default: all before it. */
  window?: number;
  /** Most bytes of attention weights held at once. */
  scratchBytes?: number;
  /** Most bytes of attention weights kept for backward. */
  keptBytes?: number;
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
  const width = packedWidth(shape) / 4;
  const own = { stride: width, k: heads * depth, v: (heads + kvHeads) * depth };
  const source = cached ? { stride: 2 * kvHeads * depth, k: 0, v: kvHeads * depth } : own;
  const products = { scale: 1 / Math.sqrt(headDim), q_stride: width, kv_stride: source.stride };
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
  const weightsShape = [mostHeads, rows, 4 * stride];
  const keptBytes = differentiable && mostHeads === heads ? sizeOf(weightsShape) * ELEMENT_BYTES : Infinity;
  const kept =
    keptBytes <= (options.keptBytes ?? KEPT_BYTES) ? ctx.empty(weightsShape, "attention weights") : undefined;

  const scores = (weights: Tensor, first_head: number, count: number): void => {
    const dims = { ...plan, ...products, kv_column: source.k, first_head };
    runScores(ctx, [start, qkv, kv, weights], dims, { rows, cols: 4 * stride, heads: count });
  };
  scratch(ctx, () => {
    const weights = kept ?? ctx.empty(weightsShape, "attention weights");
    for (const { first, count } of parts) {
      scores(weights, first, count);
      const softmax = SOFTMAX(ctx, count * rows, 4 * stride);
      const dims = { rows, heads: count, first_head: first, stride, window, from_cache: plan.from_cache };
      ctx.run(softmax.spec, [start, weights, stats], dims, softmax.groups);
      const values = { value_stride: source.stride, value_column: source.v };
      const mix = { ...plan, ...values, result_stride: heads * depth, result_column: 0, first_head: first };
      runMix(ctx, [weights, kv, start, out], mix, { rows, cols: headDim, heads: count });
    }
    return out;
  });

  return ctx.record(out, [qkv], (dout) => {
    const dqkv = ctx.gradTarget(qkv);
    scratch(ctx, () => {
      const dots = ctx.empty([heads, rows], "attention row dots");
      const weights = kept ?? ctx.empty(weightsShape, "attention weights");
      const ds = ctx.empty(weightsShape, "d attention scores");
      const rowDots = ROW_DOTS(ctx, rows * heads, headDim);
      ctx.run(rowDots.spec, [out, dout, dots], { rows, heads, depth }, rowDots.groups);
      for (const { first, count } of parts) {
        if (!kept) scores(weights, first, count);
        const dims = { ...plan, ...products, q_stride: heads * depth, kv_column: own.v, first_head: first };
        const backward = kept ? runScoresBackwardKept : runScoresBackward;
        backward(ctx, [qkv, dout, stats, dots, weights, ds], dims, { rows, cols: 4 * stride, heads: count });
        const common = { ...plan, first_head: first, result_stride: width };
        const dq = { ...common, value_stride: width, value_column: own.k, result_column: 0 };
        runMix(ctx, [ds, qkv, start, dqkv], dq, { rows, cols: headDim, heads: count });
        const groups = { rows: keys, cols: headDim, heads: count / group };
        const dk = { ...common, value_stride: width, value_column: 0, result_column: own.k };
        runMixTransposed(ctx, [ds, qkv, dqkv], dk, groups);
        const dv = { ...common, value_stride: heads * depth, value_column: 0, result_column: own.v };
        runMixTransposed(ctx, [weights, dout, dqkv], dv, groups);
      }
      return dqkv;
    });
    return [dqkv];
  });
}

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
