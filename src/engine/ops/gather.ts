// Columns by index: what a compact model's matrices read.
import wgsl from "../../../shaders/gather.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import type { KeptColumns } from "./kit/keptColumns.ts";
import { blockKernel } from "./kit/variants.ts";

const FORWARD = blockKernel("gather", "forward", [wgsl]);
const BACKWARD = blockKernel("gather", "backward", [wgsl]);

/** Some columns of x, in the order of their index: (T, K). x: (T, N). */
export function gather(ctx: Ctx, x: Tensor, { index, places }: KeptColumns): Tensor {
  const { rows, cols: width } = matrixOf(x);
  const y = ctx.empty([rows, elements(index)], "gathered", { requiresGrad: ctx.needsGrad(x) });
  gatherInto(ctx, y, x, index);
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    const { spec, groups } = BACKWARD(ctx, rows, width, 1);
    ctx.run(spec, [dy, places, dx], { rows, cols: matrixOf(y).cols, width }, groups);
    return [dx];
  });
}

/** The same, written to y: (T, K). Not differentiable. */
export function gatherInto(ctx: Ctx, y: Tensor, x: Tensor, index: Tensor): void {
  const { rows, cols } = matrixOf(y);
  const { spec, groups } = FORWARD(ctx, rows, cols, 1);
  ctx.run(spec, [x, index, y], { rows, cols, width: matrixOf(x).cols }, groups);
}
