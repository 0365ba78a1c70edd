// Rotary position embedding (Su et al. 2021) by half rotation, on packed q|k|v rows.
import wgsl from "../../../shaders/rope.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { type HeadShape, packedWidth } from "./kit/headShape.ts";
import { blockKernel, unitOf } from "./kit/variants.ts";

const ROTATE = blockKernel("rope", "rotate", [wgsl]);

export interface RopeOptions {
  /** (positions, rotaryDim / 2, 2), cosines and sines as `ropeTable` makes them, times any factor, for at least start + T positions. */
  table: Tensor;
  /** u32 (1): position of row 0. */
  start: Tensor;
  shape: HeadShape;
}

/**
 * Rotates q and k of row t to position start + t, and copies v. qkv, y: (T, (heads + 2 kvHeads) headDim). Only the first rotaryDim
 * dimensions of each head are rotated, as the table's width says.
 */
export function rope(ctx: Ctx, qkv: Tensor, options: RopeOptions): Tensor {
  const y = rotated(ctx, qkv, options, { requiresGrad: ctx.needsGrad(qkv) });
  return ctx.record(y, [qkv], (dy) => {
    const dx = ctx.gradTarget(qkv);
    rotate(ctx, [dy, dx], options, -1);
    return [dx];
  });
}

/** The result of `rope`, for an op that rotates gradients back itself: not recorded. */
export function rotated(ctx: Ctx, qkv: Tensor, options: RopeOptions, { requiresGrad = false } = {}): Tensor {
  const y = ctx.empty(qkv.shape, "rope", { requiresGrad });
  rotate(ctx, [qkv, y], options, 1);
  return y;
}

function rotate(
  ctx: Ctx,
  [source, target]: readonly [Tensor, Tensor],
  { table, start, shape }: RopeOptions,
  direction: 1 | -1,
): void {
  const { rows, cols } = matrixOf(source);
  const half = table.shape[1] ?? 0;
  const { heads, kvHeads, headDim } = shape;
  checkShape(source, [rows, packedWidth(shape)], "rope q|k|v");
  invariant(
    headDim % 2 === 0 && 2 * half <= headDim,
    "shape",
    () => `rope table: expected at most ${headDim} dimensions, for heads of an even number of them, got ${2 * half}`,
  );
  const unit = unitOf(headDim / 2, half);
  const { spec, groups } = ROTATE(ctx, rows, cols / 2, unit);
  const lengths = { cols: cols / unit, head_dim: headDim / unit, half: half / unit };
  ctx.run(spec, [source, table, start, target], { rows, ...lengths, rotated: heads + kvHeads, direction }, groups);
}
