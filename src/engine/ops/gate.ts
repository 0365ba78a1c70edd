// Gates on the columns of an activation (METHOD.md 1.1), alone or together with the residual add.
import wgsl from "../../../shaders/gate.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { blockKernel, columnKernel, type Launcher } from "./kit/variants.ts";

const APPLY = blockKernel("gate", "apply", [wgsl]);
const ADD = blockKernel("gate", "add", [wgsl]);
const MASK_GRADIENT = columnKernel("gate", "mask_gradient", [wgsl]);
const BACKWARD = columnKernel("gate", "backward", [wgsl]);

function dispatch(ctx: Ctx, kernel: Launcher, args: Tensor[], x: Tensor): void {
  const { rows, cols } = matrixOf(x);
  const launch = kernel(ctx, rows, cols);
  ctx.run(launch.spec, args, { rows, cols: launch.cols }, launch.groups);
}

/** The gradients of x and mask in x * mask, each only if it is needed. */
function gradients(ctx: Ctx, x: Tensor, mask: Tensor, dy: Tensor): [Tensor | null, Tensor | null] {
  const dx = x.requiresGrad ? ctx.gradTarget(x) : null;
  const dmask = mask.requiresGrad ? ctx.gradTarget(mask) : null;
  if (dx && dmask) dispatch(ctx, BACKWARD, [x, mask, dy, dx, dmask], x);
  else if (dx) dispatch(ctx, APPLY, [dy, mask, dx], x);
  else if (dmask) dispatch(ctx, MASK_GRADIENT, [x, dy, dmask], x);
  return [dx, dmask];
}

/** y = x * mask, one gate per column. x: (..., N), mask: (N). */
export function gate(ctx: Ctx, x: Tensor, mask: Tensor): Tensor {
  checkShape(mask, [matrixOf(x).cols], "gate mask");
  const y = ctx.empty(x.shape, "gated", { requiresGrad: ctx.needsGrad(x, mask) });
  dispatch(ctx, APPLY, [x, mask, y], x);
  return ctx.record(y, [x, mask], (dy) => gradients(ctx, x, mask, dy));
}

/** y = residual + x * mask. residual and x: (..., N), mask: (N). */
export function gatedAdd(ctx: Ctx, residual: Tensor, x: Tensor, mask: Tensor): Tensor {
  checkShape(mask, [matrixOf(x).cols], "gate mask");
  checkShape(residual, x.shape, "residual of a gated add");
  const y = ctx.empty(x.shape, "gated sum", { requiresGrad: ctx.needsGrad(residual, x, mask) });
  dispatch(ctx, ADD, [x, mask, residual, y], x);
  return ctx.record(y, [residual, x, mask], (dy) => [
    residual.requiresGrad ? dy : null,
    ...gradients(ctx, x, mask, dy),
  ]);
}
