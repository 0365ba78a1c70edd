// Columns by index: what a compact model's matrices read.
import wgsl from "../../../shaders/gather.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import { fill } from "./arithmetic.ts";
import { blockKernel, type Launcher } from "./kit/variants.ts";

const GATHER = blockKernel("gather", wgsl, "gather");
const SCATTER = blockKernel("gather backward", wgsl, "scatter");

/** Runs one of the kernels of gather.wgsl: `narrow` has the columns that `index` names of `wide`. */
export function moveColumns(ctx: Ctx, kernel: Launcher, args: Tensor[], narrow: Tensor, wide: Tensor): void {
  const { rows, cols } = matrixOf(narrow);
  const { spec, groups } = kernel(ctx, rows, cols, 1);
  ctx.run(spec, args, { rows, cols, width: matrixOf(wide).cols }, groups);
}

/** Columns `index` of x, in that order. x: (T, N); index: u32 (K), distinct and below N (the caller checks); result (T, K). */
export function gather(ctx: Ctx, x: Tensor, index: Tensor): Tensor {
  const { rows } = matrixOf(x);
  const y = ctx.empty([rows, elements(index)], "gathered", { requiresGrad: ctx.needsGrad(x) });
  moveColumns(ctx, GATHER, [x, index, y], y, x);
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    fill(ctx, dx, 0);
    moveColumns(ctx, SCATTER, [dy, index, dx], y, x);
    return [dx];
  });
}
