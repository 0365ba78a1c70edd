// Writes the keys and values of new tokens into a KV cache.
import wgsl from "../../../shaders/append_kv.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { type HeadShape, packedWidth } from "./rope.ts";
import { blockKernel, unitOf } from "./kit/variants.ts";

const APPEND = blockKernel("append kv", wgsl, "append");

/**
 * Copies the k|v columns of qkv (T, (heads + 2 kvHeads) headDim) into rows start .. start + T - 1 of cache
 * (capacity, 2 kvHeads headDim), in place; not differentiable. start: u32 (1); rows past the capacity are dropped.
 */
export function appendKv(ctx: Ctx, qkv: Tensor, cache: Tensor, start: Tensor, shape: HeadShape): void {
  const { rows, cols: width } = matrixOf(qkv);
  const { rows: capacity, cols } = matrixOf(cache);
  checkShape(qkv, [rows, packedWidth(shape)], "appendKv q|k|v");
  checkShape(cache, [capacity, 2 * shape.kvHeads * shape.headDim], "KV cache");
  const unit = unitOf(width, cols);
  const append = APPEND(ctx, rows, cols, unit);
  const dims = { rows, cols: append.cols, width: width / unit, capacity };
  ctx.run(append.spec, [qkv, start, cache], dims, append.groups);
}
