// Causal attention with grouped key/value heads (Vaswani et al. 2017; Ainslie et al. 2023), on packed q|k|v rows or over a KV cache.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, ELEMENT_BYTES, matrixOf, sizeOf, type Tensor } from "../tensor.ts";
import {
  ROW_DOTS,
  runMix,
  runMixTransposed,
  runScoreGradient,
  runScoreGradientKept,
  runScores,
  SOFTMAX,
  TILE,
} from "./kit/attentionKernels.ts";
import { flashBackward, flashForward, usesFlash } from "./kit/flashKernels.ts";
import { type HeadShape, packedWidth } from "./kit/headShape.ts";

/** Attention weights in memory at a time, unless one group of heads needs more. They are temporary, so longer sequences take more dispatches. */
const SCRATCH_BYTES = 64 * 2 ** 20;
/** A layer's attention weights are kept for backward up to this size; larger ones are computed again from q and k. */
const KEPT_BYTES = 4 * 2 ** 20;
const NO_WINDOW = 0xffffffff;

interface AttentionOptions {
  /** Keys and values: `qkv` itself, or a cache (S, 2 kvHeads headDim) with at least start + T rows, through which no gradient passes. */
  kv: Tensor;
  /** u32 (1): position of row 0 in the cache. Not used without a cache. */
  start: Tensor;
  shape: HeadShape;
  /** Sliding window: each query sees at most this many keys, its own included. Default: all keys up to its own. */
  window?: number;
  /** Most bytes of attention weights in memory at a time. */
  scratchBytes?: number;
  /** Most bytes of attention weights kept for backward. */
  keptBytes?: number;
}

/** Adjacent heads that one dispatch handles: whole groups. */
interface HeadRun {
  first: number;
  count: number;
}

/** Row stride of a packed tensor, and the first columns of its keys and values. */
interface Columns {
  stride: number;
  k: number;
  v: number;
}

/** One call: its tensors, and the numbers that its dispatches share, in the units of the WGSL (columns count vec4s). */
interface Call {
  ctx: Ctx;
  qkv: Tensor;
  kv: Tensor;
  start: Tensor;
  shape: HeadShape;
  /** Fields of every uniform. */
  dims: {
    rows: number;
    keys: number;
    stride: number;
    depth: number;
    group: number;
    window: number;
    from_cache: number;
  };
  /** Of qkv. */
  own: Columns;
  /** Of kv. */
  source: Columns;
  runs: readonly HeadRun[];
}

/**
 * softmax(q k^T / sqrt(headDim)) v, where row t sees keys 0 to start + t (without a cache, 0 to t). Result: (T, heads headDim).
 * qkv: (T, (heads + 2 kvHeads) headDim), rotated. Throws "shape", and "unsupported" for a gradient through a cache.
 */
export function attention(ctx: Ctx, qkv: Tensor, options: AttentionOptions): Tensor {
  const call = callOf(ctx, qkv, options);
  const { rows, stride, from_cache } = call.dims;
  const { heads, headDim } = call.shape;
  const differentiable = ctx.needsGrad(qkv);
  invariant(
    !(differentiable && from_cache === 1),
    "unsupported",
    "attention: expected no gradient with a KV cache, got a tape; train without a cache",
  );
  const out = ctx.empty([rows, heads * headDim], "attention", { requiresGrad: differentiable });
  const stats = ctx.empty([heads, rows, 2], "softmax statistics");
  if (from_cache === 0 && usesFlash(ctx)) return flash(call, { stats, out });
  const weightsShape = [call.runs[0]?.count ?? 0, rows, 4 * stride];
  const keptBytes = differentiable && call.runs.length === 1 ? sizeOf(weightsShape) * ELEMENT_BYTES : Infinity;
  const kept =
    keptBytes <= (options.keptBytes ?? KEPT_BYTES) ? ctx.empty(weightsShape, "attention weights") : undefined;
  scratch(ctx, () => {
    const weights = kept ?? ctx.empty(weightsShape, "attention weights");
    forward(call, { weights, stats, out });
    return out;
  });
  return ctx.record(out, [qkv], (dout) => {
    const dqkv = ctx.gradTarget(qkv);
    scratch(ctx, () => {
      const dots = rowDots(call, out, dout);
      const weights = kept ?? ctx.empty(weightsShape, "attention weights");
      const ds = ctx.empty(weightsShape, "d attention scores");
      backward(call, { stats, dots, weights, ds, kept: kept !== undefined }, { dout, dqkv });
      return dqkv;
    });
    return [dqkv];
  });
}

/** Attention without a matrix of all scores. */
function flash({ ctx, qkv, shape, dims }: Call, saved: { stats: Tensor; out: Tensor }): Tensor {
  const call = { qkv, shape, window: dims.window };
  const { stats, out } = saved;
  flashForward(ctx, call, saved);
  return ctx.record(out, [qkv], (dout) => {
    const dqkv = ctx.gradTarget(qkv);
    scratch(ctx, () => {
      const dots = rowDots({ ctx, dims, shape }, out, dout);
      flashBackward(ctx, call, { stats, dout, dots, dqkv });
      return dqkv;
    });
    return [dqkv];
  });
}

/** dout . out of each row and head: (heads, T). */
function rowDots({ ctx, dims, shape }: Pick<Call, "ctx" | "dims" | "shape">, out: Tensor, dout: Tensor): Tensor {
  const { rows, depth } = dims;
  const dots = ctx.empty([shape.heads, rows], "attention row dots");
  const launch = ROW_DOTS(ctx, rows * shape.heads, shape.headDim);
  ctx.run(launch.spec, [out, dout, dots], { rows, heads: shape.heads, depth }, launch.groups);
  return dots;
}

function callOf(ctx: Ctx, qkv: Tensor, options: AttentionOptions): Call {
  const { kv, start, shape, window = NO_WINDOW, scratchBytes = SCRATCH_BYTES } = options;
  const { heads, kvHeads, headDim } = shape;
  const { rows } = matrixOf(qkv);
  const keys = matrixOf(kv).rows;
  const cached = kv !== qkv;
  checkShape(qkv, [rows, packedWidth(shape)], "attention q|k|v");
  if (cached) checkShape(kv, [keys, 2 * kvHeads * headDim], "attention KV cache");
  invariant(
    headDim % 4 === 0 && heads % kvHeads === 0,
    "unsupported",
    `attention heads: expected a head_dim that is a multiple of 4 and groups of equal size, got ${heads} heads for ${kvHeads} key/value heads of ${headDim}`,
  );
  const depth = headDim / 4;
  const group = heads / kvHeads;
  const stride = (Math.ceil(keys / TILE) * TILE) / 4;
  const own = { stride: packedWidth(shape) / 4, k: heads * depth, v: (heads + kvHeads) * depth };
  const dims = { rows, keys, stride, depth, group, window: Math.min(window, NO_WINDOW), from_cache: cached ? 1 : 0 };
  const source = cached ? { stride: 2 * kvHeads * depth, k: 0, v: kvHeads * depth } : own;
  const groupBytes = group * rows * 4 * stride * ELEMENT_BYTES;
  const runs = headRuns(heads, Math.max(1, Math.floor(scratchBytes / groupBytes)) * group);
  return { ctx, qkv, kv, start, shape, dims, own, source, runs };
}

/** The heads in runs of `most` heads. */
function headRuns(heads: number, most: number): HeadRun[] {
  return Array.from({ length: Math.ceil(heads / most) }, (_, i) => {
    return { first: i * most, count: Math.min(most, heads - i * most) };
  });
}

/** Raw scores of the heads of a run, scaled. */
function scores({ ctx, qkv, kv, start, shape, dims, own, source }: Call, weights: Tensor, run: HeadRun): void {
  const uniform = {
    ...dims,
    first_head: run.first,
    scale: 1 / Math.sqrt(shape.headDim),
    q_stride: own.stride,
    kv_stride: source.stride,
    kv_column: source.k,
  };
  runScores(ctx, [start, qkv, kv, weights], uniform, { rows: dims.rows, cols: 4 * dims.stride, heads: run.count });
}

interface Forward {
  /** Scores, then attention weights: (heads of a run, T, 4 stride). */
  weights: Tensor;
  /** (heads, T, 2): largest score, and 1 / sum of exp(score - largest). */
  stats: Tensor;
  /** (T, heads headDim). */
  out: Tensor;
}

function forward(call: Call, { weights, stats, out }: Forward): void {
  const { ctx, kv, start, dims, source } = call;
  const { rows, stride, window, from_cache } = dims;
  const { heads, headDim } = call.shape;
  for (const run of call.runs) {
    const { first: first_head, count } = run;
    scores(call, weights, run);
    const softmax = SOFTMAX(ctx, count * rows, 4 * stride);
    const softmaxDims = { rows, heads: count, first_head, stride, window, from_cache };
    ctx.run(softmax.spec, [start, weights, stats], softmaxDims, softmax.groups);
    const values = { value_stride: source.stride, value_column: source.v };
    const result = { result_stride: heads * dims.depth, result_column: 0 };
    const extent = { rows, cols: headDim, heads: count };
    runMix(ctx, [weights, kv, start, out], { ...dims, ...values, ...result, first_head }, extent);
  }
}

interface Backward extends Omit<Forward, "out"> {
  /** (heads, T): dout . out of each row. */
  dots: Tensor;
  /** Gradients of the scores, as `weights`. */
  ds: Tensor;
  /** Whether `weights` are those of forward. Otherwise they are computed again. */
  kept: boolean;
}

function backward(call: Call, saved: Backward, { dout, dqkv }: { dout: Tensor; dqkv: Tensor }): void {
  const { ctx, qkv, start, dims, own } = call;
  const { rows, keys, stride, depth, group } = dims;
  const { heads, headDim } = call.shape;
  const { stats, dots, weights, ds, kept } = saved;
  const scale = 1 / Math.sqrt(headDim);
  const gradientStrides = { q_stride: heads * depth, kv_stride: own.stride, kv_column: own.v };
  const runGradient = kept ? runScoreGradientKept : runScoreGradient;
  for (const run of call.runs) {
    const { first: first_head, count } = run;
    if (!kept) scores(call, weights, run);
    const gradientDims = { ...dims, ...gradientStrides, scale, first_head };
    runGradient(ctx, [qkv, dout, stats, dots, weights, ds], gradientDims, { rows, cols: 4 * stride, heads: count });
    const common = { ...dims, first_head, result_stride: own.stride };
    const dq = { ...common, value_stride: own.stride, value_column: own.k, result_column: 0 };
    runMix(ctx, [ds, qkv, start, dqkv], dq, { rows, cols: headDim, heads: count });
    const extent = { rows: keys, cols: headDim, heads: count / group };
    const dk = { ...common, value_stride: own.stride, value_column: 0, result_column: own.k };
    runMixTransposed(ctx, [ds, qkv, dqkv], dk, extent);
    const dv = { ...common, value_stride: heads * depth, value_column: 0, result_column: own.v };
    runMixTransposed(ctx, [weights, dout, dqkv], dv, extent);
  }
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
