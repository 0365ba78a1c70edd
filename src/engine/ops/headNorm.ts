// RMSNorm over each head of q and k in packed q|k|v rows (Qwen3, section 2). v is copied.
import wgsl from "../../../shaders/head_norm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { type HeadShape, packedWidth } from "./kit/headShape.ts";
import { type Launcher, rowKernel } from "./kit/variants.ts";

const FORWARD = rowKernel("headNorm", "forward", [wgsl]);
const BACKWARD = rowKernel("headNorm", "backward", [wgsl]);

interface HeadNormOptions {
  /** (2, headDim): for q and for k. Frozen. */
  weights: Tensor;
  eps: number;
  shape: HeadShape;
}

/** y = x / rms(x) * weight over each head of q and of k. qkv, y: (T, (heads + 2 kvHeads) headDim). */
export function headNorm(ctx: Ctx, qkv: Tensor, { weights, eps, shape }: HeadNormOptions): Tensor {
  const { heads, kvHeads, headDim } = shape;
  const { rows } = matrixOf(qkv);
  checkShape(qkv, [rows, packedWidth(shape)], "headNorm q|k|v");
  checkShape(weights, [2, headDim], "headNorm weights");
  const perRow = heads + 2 * kvHeads;
  const counts = { heads_per_row: perRow, query_heads: heads, normed: heads + kvHeads, eps };
  const launch = (kernel: Launcher, args: readonly Tensor[]): void => {
    const { spec, groups, cols } = kernel(ctx, rows * perRow, headDim);
    ctx.run(spec, args, { rows: rows * perRow, cols, ...counts }, groups);
  };
  const y = ctx.empty(qkv.shape, "headNorm", { requiresGrad: ctx.needsGrad(qkv) });
  launch(FORWARD, [qkv, weights, y]);
  return ctx.record(y, [qkv], (dy) => {
    const dx = ctx.gradTarget(qkv);
    launch(BACKWARD, [qkv, weights, dy, dx]);
    return [dx];
  });
}
