// Attention by a matrix of all scores, where the flash kernels do not run (software adapters, KV caches): dispatches of forward and backward.
import type { Ctx } from "../../ctx.ts";
import { ELEMENT_BYTES, matrixOf, sizeOf, type Tensor } from "../../tensor.ts";
import {
  runGradients,
  runMix,
  runScoreGradient,
  runScoreGradientKept,
  runScores,
  SOFTMAX,
  TILE,
} from "./attentionKernels.ts";
import { type HeadShape, packedWidth, scaleOf } from "./headShape.ts";

/** Attention weights in memory at a time, unless one group of heads needs more. They are temporary, so longer sequences take more dispatches. */
const SCRATCH_BYTES = 64 * 2 ** 20;
/** A layer's attention weights are kept for backward up to this size; larger ones are computed again from q and k. */
const KEPT_BYTES = 4 * 2 ** 20;

interface ScoredInputs {
  /** (T, (heads + 2 kvHeads) headDim), packed; rotated, if the model has RoPE. */
  qkv: Tensor;
  /** Keys and values: `qkv` itself, or a cache (S, 2 kvHeads headDim). */
  kv: Tensor;
  /** RoPE's table, by which backward rotates the gradients of q and k back. Its width is a multiple of 4. Default: they stay as they are. */
  table?: Tensor | undefined;
  /** u32 (1): position of row 0 in the cache. Not used without a cache. */
  start: Tensor;
  shape: HeadShape;
  /** Keys that a query sees, as u32. */
  window: number;
  /** Most bytes of attention weights in memory at a time. */
  scratchBytes?: number;
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
interface ScoredCall extends Pick<ScoredInputs, "qkv" | "kv" | "table" | "start" | "shape"> {
  ctx: Ctx;
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

/** Plans a call. The shapes of the inputs are checked already. */
export function scoredCall(ctx: Ctx, inputs: ScoredInputs): ScoredCall {
  const { qkv, kv, table, start, shape, window, scratchBytes = SCRATCH_BYTES } = inputs;
  const { heads, kvHeads, headDim } = shape;
  const { rows } = matrixOf(qkv);
  const keys = matrixOf(kv).rows;
  const cached = kv !== qkv;
  const depth = headDim / 4;
  const group = heads / kvHeads;
  const stride = (Math.ceil(keys / TILE) * TILE) / 4;
  const own = { stride: packedWidth(shape) / 4, k: heads * depth, v: (heads + kvHeads) * depth };
  const source = cached ? { stride: 2 * kvHeads * depth, k: 0, v: kvHeads * depth } : own;
  const dims = { rows, keys, stride, depth, group, window, from_cache: cached ? 1 : 0 };
  const groupBytes = group * rows * 4 * stride * ELEMENT_BYTES;
  const runs = headRuns(heads, Math.max(1, Math.floor(scratchBytes / groupBytes)) * group);
  return { ctx, qkv, kv, table, start, shape, dims, own, source, runs };
}

/** The heads in runs of `most` heads. */
function headRuns(heads: number, most: number): HeadRun[] {
  return Array.from({ length: Math.ceil(heads / most) }, (_, i) => {
    return { first: i * most, count: Math.min(most, heads - i * most) };
  });
}

/** Shape of the attention weights of the longest run: (heads of a run, T, 4 stride). */
const weightsShape = ({ runs, dims }: ScoredCall): number[] => [runs[0]?.count ?? 0, dims.rows, 4 * dims.stride];

/** Memory for the attention weights that forward keeps for backward, if those of all heads fit. */
export function weightsToKeep(call: ScoredCall, keptBytes = KEPT_BYTES): Tensor | undefined {
  const shape = weightsShape(call);
  // The slope of a softcap needs the scores.
  if (call.shape.cap !== undefined) return undefined;
  const fits = call.runs.length === 1 && sizeOf(shape) * ELEMENT_BYTES <= keptBytes;
  return fits ? call.ctx.empty(shape, "attention weights") : undefined;
}

/** Raw scores of the heads of a run, scaled. */
function scores({ ctx, qkv, kv, start, shape, dims, own, source }: ScoredCall, weights: Tensor, run: HeadRun): void {
  const uniform = {
    ...dims,
    first_head: run.first,
    scale: scaleOf(shape),
    cap: shape.cap ?? 0,
    q_stride: own.stride,
    kv_stride: source.stride,
    kv_column: source.k,
  };
  runScores(ctx, [start, qkv, kv, weights], uniform, { rows: dims.rows, cols: 4 * dims.stride, heads: run.count });
}

interface ScoredSaved {
  /** Of `weightsToKeep`; without it, the weights are temporary. */
  kept: Tensor | undefined;
  /** (heads, T, 2): largest score, and 1 / sum of exp(score - largest). */
  stats: Tensor;
  /** (T, heads headDim). */
  out: Tensor;
}

/** Writes `out`, `stats` and `kept`. */
export function scoredForward(call: ScoredCall, { kept, stats, out }: ScoredSaved): void {
  const { ctx, kv, start, dims, source } = call;
  const { rows, stride, window, from_cache } = dims;
  const { heads, headDim } = call.shape;
  const weights = kept ?? ctx.empty(weightsShape(call), "attention weights");
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

interface ScoredBackward extends ScoredSaved {
  dout: Tensor;
  dqkv: Tensor;
}

/** Writes dqkv. Weights that were not kept are computed again. */
export function scoredBackward(call: ScoredCall, { kept, stats, out, dout, dqkv }: ScoredBackward): void {
  const { ctx, qkv, table, dims, own } = call;
  const { rows, stride, depth, group, window } = dims;
  const { heads, headDim } = call.shape;
  const weights = kept ?? ctx.empty(weightsShape(call), "attention weights");
  const ds = ctx.empty(weightsShape(call), "d attention scores");
  const scale = scaleOf(call.shape);
  const gradientStrides = { q_stride: heads * depth, kv_stride: own.stride, kv_column: own.v };
  const runGradient = kept ? runScoreGradientKept : runScoreGradient;
  for (const run of call.runs) {
    const { first: first_head, count } = run;
    if (!kept) scores(call, weights, run);
    const gradientDims = { ...dims, ...gradientStrides, scale, cap: call.shape.cap ?? 0, first_head };
    runGradient(ctx, [qkv, dout, stats, out, weights, ds], gradientDims, { rows, cols: 4 * stride, heads: count });
    const columns = { qkv_stride: own.stride, k_column: own.k, v_column: own.v, dout_stride: heads * depth };
    const half = (table?.shape[1] ?? 0) / 4;
    const resultDims = { rows, stride, depth, half, group, window, first_head, heads: count, ...columns };
    const extent = { rows, cols: headDim, heads: count + (2 * count) / group };
    runGradients(ctx, [ds, weights, qkv, dout, table ?? qkv, dqkv], resultDims, extent);
  }
}
