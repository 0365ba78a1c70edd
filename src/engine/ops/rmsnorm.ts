// RMSNorm (Zhang and Sennrich 2019), as LLaMA uses it.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import reduce from "../../../shaders/lib/reduce.wgsl?raw";
import wgsl from "../../../shaders/rmsnorm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsFor } from "./launch.ts";

const code = [grid, reduce, wgsl].join("\n");
const FORWARD: KernelSpec = { label: "rmsnorm", code, entry: "forward" };
const BACKWARD: KernelSpec = { label: "rmsnorm backward", code, entry: "backward" };

/** y = x / rms(x) * weight over the last axis. x: (..., C), weight: (C), frozen. */
export function rmsnorm(ctx: Ctx, x: Tensor, weight: Tensor, eps: number): Tensor {
  const { rows, cols } = matrixOf(x);
  checkShape(weight, [cols], "rmsnorm weight");
  const dims = { rows, cols, eps };
  const y = ctx.empty(x.shape, "rmsnorm", { requiresGrad: ctx.needsGrad(x) });
  ctx.run(FORWARD, [x, weight, y], dims, groupsFor(rows));
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    ctx.run(BACKWARD, [x, weight, dy, dx], dims, groupsFor(rows));
    return [dx];
  });
}
