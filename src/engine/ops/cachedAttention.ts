// Attention of new tokens over a KV cache, with RoPE and the writing of the cache: on graphics cards one kernel for a few tokens (decoding).
import softcap from "../../../shaders/lib/softcap.wgsl?raw";
import wgsl from "../../../shaders/cached_attention.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { appendKv } from "./appendKv.ts";
import { attention, windowOf } from "./attention.ts";
import { type HeadShape, packedWidth, scaleOf } from "./kit/headShape.ts";
import { kernelOf, kernelSizes } from "./kit/launch.ts";
import { rope } from "./rope.ts";

const FEW_ROWS = kernelOf("cachedAttention", "few_rows", [softcap, wgsl]);
const SIZES = kernelSizes(FEW_ROWS);
/** Rows and dimensions of a head that the kernel has room for. */
const MOST_ROWS = SIZES.constant("MOST_ROWS");
const MOST_HEAD_DIM = 4 * SIZES.constant("MOST_DEPTH");

interface CachedAttentionOptions {
  /** (capacity, 2 kvHeads headDim), k|v in each row, with those of the tokens before `start`. Needs at least start + T rows. */
  cache: Tensor;
  /** u32 (1): position of row 0. */
  start: Tensor;
  /** RoPE's table, as `rope` takes it. Default: q and k are not rotated. */
  table?: Tensor | undefined;
  shape: HeadShape;
  /** Sliding window: each query sees at most this many keys, its own included. Default: all keys up to its own. */
  window?: number | undefined;
}

/**
 * Rotates q and k of row t to position start + t, writes k and v to that row of the cache, and attends to keys 0 to start + t:
 * (T, heads headDim). qkv: (T, (heads + 2 kvHeads) headDim), not rotated. Throws "shape", and "unsupported" under a tape.
 */
export function cachedAttention(ctx: Ctx, qkv: Tensor, options: CachedAttentionOptions): Tensor {
  const { cache, start, table, shape, window } = options;
  const { rows } = matrixOf(qkv);
  if (!ctx.gpu.facts.software && rows <= MOST_ROWS && shape.headDim <= MOST_HEAD_DIM) return few(ctx, qkv, options);
  const turned = table ? rope(ctx, qkv, { table, start, shape }) : qkv;
  appendKv(ctx, turned, { cache, start, shape });
  return attention(ctx, turned, { cache, start, shape, window });
}

function few(ctx: Ctx, qkv: Tensor, options: CachedAttentionOptions): Tensor {
  const { cache, start, table, shape } = options;
  const { rows } = matrixOf(qkv);
  const { rows: capacity } = matrixOf(cache);
  const { heads, kvHeads, headDim } = shape;
  checkShape(qkv, [rows, packedWidth(shape)], "cachedAttention q|k|v");
  checkShape(cache, [capacity, 2 * kvHeads * headDim], "KV cache");
  invariant(!ctx.needsGrad(qkv), "unsupported", "cachedAttention: expected no tape, got one; train without a cache");
  const out = ctx.empty([rows, heads * headDim], "attention");
  const half = table?.shape[1] ?? 0;
  const dims = {
    depth: headDim / 4,
    heads,
    group: heads / kvHeads,
    half,
    window: windowOf(options),
  };
  // without a table the kernel reads none, but has to bind something
  const args = [qkv, table ?? qkv, start, cache, out];
  ctx.run(FEW_ROWS, args, { ...dims, capacity, scale: scaleOf(shape), cap: shape.cap ?? 0 }, [rows, heads]);
  return out;
}
