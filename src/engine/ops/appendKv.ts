// Writes the keys and values of new tokens to a KV cache.
import wgsl from "../../../shaders/append_kv.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { type HeadShape, packedWidth } from "./kit/headShape.ts";
import { blockKernel, unitOf } from "./kit/variants.ts";

const APPEND = blockKernel("appendKv", "append", [wgsl]);

interface CachePlace {
  /** (capacity, 2 kvHeads headDim), k|v in each row. */
  cache: Tensor;
  /** u32 (1): the cache's row for the first token. Rows beyond the capacity are dropped. */
  start: Tensor;
  shape: HeadShape;
}

/** Copies the k|v columns of qkv, (T, (heads + 2 kvHeads) headDim), to rows start to start + T - 1 of the cache. Not differentiable. */
export function appendKv(ctx: Ctx, qkv: Tensor, { cache, start, shape }: CachePlace): void {
  const { rows, cols: width } = matrixOf(qkv);
  const { rows: capacity, cols } = matrixOf(cache);
  checkShape(qkv, [rows, packedWidth(shape)], "appendKv q|k|v");
  checkShape(cache, [capacity, 2 * shape.kvHeads * shape.headDim], "KV cache");
  const unit = unitOf(width, cols);
  const append = APPEND(ctx, rows, cols, unit);
  const dims = { rows, cols: append.cols, width: width / unit, capacity };
  ctx.run(append.spec, [qkv, start, cache], dims, append.groups);
}
