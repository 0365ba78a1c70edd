// Causal attention with grouped key/value heads (Vaswani et al. 2017; Ainslie et al. 2023), on packed q|k|v rows or over a KV cache.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { flashBackward, flashForward, ROTATING_ROWS, usesFlash } from "./kit/flashKernels.ts";
import { type HeadShape, packedWidth } from "./kit/headShape.ts";
import { weightsToKeep, scoredBackward, scoredCall, scoredForward } from "./kit/scoredAttention.ts";
import { unitOf } from "./kit/variants.ts";
import { rope, rotated } from "./rope.ts";

/** A sliding window for all keys. */
const NO_WINDOW = 0xffffffff;

interface AttentionOptions {
  /** A KV cache (S, 2 kvHeads headDim) with at least start + T rows, through which no gradient passes. Default: k and v are those of `qkv`. */
  cache?: Tensor | undefined;
  /** u32 (1): position of row 0; without a cache it is 0. */
  start: Tensor;
  /** RoPE's table, as `rope` takes it, if q and k are not rotated yet. Only without a cache. */
  table?: Tensor | undefined;
  shape: HeadShape;
  /** Sliding window: each query sees at most this many keys, its own included. Default: all keys up to its own. */
  window?: number | undefined;
  /** Most bytes of attention weights in memory at a time. */
  scratchBytes?: number;
  /** Most bytes of attention weights kept for backward. */
  keptBytes?: number;
  /** Up to this many rows, tiles rotate q and k as they load them (see ROTATING_ROWS); more rows are rotated once, before. */
  rotatingRows?: number;
}

/** What forward writes. */
interface Results {
  /** (heads, T, 2): largest score, and 1 / sum of exp(score - largest). */
  stats: Tensor;
  /** (T, heads headDim). */
  out: Tensor;
}

/** Writes dqkv, from dout. */
type Backward = (gradients: { dout: Tensor; dqkv: Tensor }) => void;

/**
 * softmax(q k^T / sqrt(headDim)) v, where row t sees keys 0 to start + t (without a cache, 0 to t). Result: (T, heads headDim).
 * qkv: (T, (heads + 2 kvHeads) headDim). Throws "shape", and "unsupported" for a gradient through a cache.
 */
export function attention(ctx: Ctx, qkv: Tensor, options: AttentionOptions): Tensor {
  const { cache, start, table, shape } = options;
  if (table && unitOf(table.shape[1] ?? 0) === 1)
    return attention(ctx, rope(ctx, qkv, { table, start, shape }), { ...options, table: undefined });
  checkInputs(qkv, options);
  const { rows } = matrixOf(qkv);
  const { heads, headDim } = shape;
  const differentiable = ctx.needsGrad(qkv);
  invariant(
    !(differentiable && cache),
    "unsupported",
    "attention: expected no gradient with a KV cache, got a tape; train without a cache",
  );
  const out = ctx.empty([rows, heads * headDim], "attention", { requiresGrad: differentiable });
  const stats = ctx.empty([heads, rows, 2], "softmax statistics");
  const run = !cache && usesFlash(ctx) ? flash : scored;
  const backward = run(ctx, qkv, options, { stats, out });
  return ctx.record(out, [qkv], (dout) => {
    const dqkv = ctx.gradTarget(qkv);
    scratch(ctx, () => {
      backward({ dout, dqkv });
      return dqkv;
    });
    return [dqkv];
  });
}

function checkInputs(qkv: Tensor, { cache, table, shape }: AttentionOptions): void {
  const { heads, kvHeads, headDim } = shape;
  checkShape(qkv, [matrixOf(qkv).rows, packedWidth(shape)], "attention q|k|v");
  if (cache) checkShape(cache, [matrixOf(cache).rows, 2 * kvHeads * headDim], "attention KV cache");
  invariant(!(cache && table), "bug", "attention: expected rotated rows with a KV cache, got a table of RoPE");
  invariant(
    headDim % 4 === 0 && heads % kvHeads === 0,
    "unsupported",
    `attention heads: expected a head_dim that is a multiple of 4 and groups of equal size, got ${heads} heads for ${kvHeads} key/value heads of ${headDim}`,
  );
}

/** The window as kernels take it, a u32. */
export const windowOf = ({ window = NO_WINDOW }: Pick<AttentionOptions, "window">): number =>
  Math.min(window, NO_WINDOW);

/** Attention without a matrix of all scores. Its kernels rotate the gradients of q and k back; in short sequences they also rotate q and k. */
function flash(ctx: Ctx, given: Tensor, options: AttentionOptions, results: Results): Backward {
  const { table, start, shape, rotatingRows = ROTATING_ROWS } = options;
  const rotating = matrixOf(given).rows <= rotatingRows;
  const qkv = table && !rotating ? rotated(ctx, given, { table, start, shape }) : given;
  const call = { qkv, table, rotating, shape, window: windowOf(options) };
  flashForward(ctx, call, results);
  return (gradients) => {
    flashBackward(ctx, call, { ...results, ...gradients });
  };
}

/** Attention by a matrix of all scores, which reads q and k too often to rotate them each time; gradients are rotated back as they are stored. */
function scored(ctx: Ctx, given: Tensor, options: AttentionOptions, results: Results): Backward {
  const { table, start, shape, cache } = options;
  const qkv = table ? rotated(ctx, given, { table, start, shape }) : given;
  const call = scoredCall(ctx, { ...options, qkv, kv: cache ?? qkv, window: windowOf(options) });
  const kept = ctx.needsGrad(given) ? weightsToKeep(call, options.keptBytes) : undefined;
  const { stats, out } = results;
  scratch(ctx, () => {
    scoredForward(call, { kept, stats, out });
    return out;
  });
  return (gradients) => {
    scoredBackward(call, { kept, stats, out, ...gradients });
  };
}

/** ctx.scope also while a tape records: keeps nothing that `work` makes except its result. */
function scratch(ctx: Ctx, work: () => Tensor): void {
  const { tape } = ctx;
  ctx.tape = undefined;
  try {
    ctx.scope(work);
  } finally {
    ctx.tape = tape;
  }
}
