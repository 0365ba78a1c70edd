// Rotary position embedding (Su et al. 2021) by half rotation, on packed q|k|v rows.
import wgsl from "../../../shaders/rope.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { blockKernel, unitOf } from "./kit/variants.ts";

const FORWARD = blockKernel("rope", wgsl, "rotate");
const BACKWARD = blockKernel("rope backward", wgsl, "rotate");

/** How a packed row q|k|v is divided: heads * headDim columns of q, kvHeads * headDim of k, as many of v. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** Columns of a packed row. */
export const packedWidth = ({ heads, kvHeads, headDim }: HeadShape): number => (heads + 2 * kvHeads) * headDim;

/**
 * Rotates q and k of each row t to position start + t; v is copied. qkv: (T, (heads + 2 kvHeads) headDim);
 * table: (positions, rotaryDim / 2, 2) as ropeTable makes it, of which start + T must stay inside; start: u32 (1).
 * Only the first rotaryDim dimensions of each head turn, as many as the table has angles for.
 */
export function rope(ctx: Ctx, qkv: Tensor, table: Tensor, start: Tensor, shape: HeadShape): Tensor {
  const { rows, cols } = matrixOf(qkv);
  const half = table.shape[1] ?? 0;
  const { heads, kvHeads, headDim } = shape;
  checkShape(qkv, [rows, packedWidth(shape)], "rope q|k|v");
  invariant(
    headDim % 2 === 0 && 2 * half <= headDim,
    "shape",
    () => `rope: a head of ${headDim} dimensions (an even number) cannot turn ${2 * half}; make the table for fewer`,
  );
  const turn = (kernel: typeof FORWARD, from: Tensor, to: Tensor, direction: 1 | -1): void => {
    const unit = unitOf(headDim / 2, half);
    const { spec, groups } = kernel(ctx, rows, cols / 2, unit);
    const lengths = { cols: cols / unit, head_dim: headDim / unit, half: half / unit };
    const dims = { rows, ...lengths, rotated: heads + kvHeads, direction };
    ctx.run(spec, [from, table, start, to], dims, groups);
  };
  const y = ctx.empty(qkv.shape, "rope", { requiresGrad: ctx.needsGrad(qkv) });
  turn(FORWARD, qkv, y, 1);
  return ctx.record(y, [qkv], (dy) => {
    const dx = ctx.gradTarget(qkv);
    turn(BACKWARD, dy, dx, -1);
    return [dx];
  });
}
