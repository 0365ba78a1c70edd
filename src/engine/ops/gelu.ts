// Exact GELU (Hendrycks and Gimpel 2016), with erf. The hypernetwork's; the language model's activations are in activation.ts.
import wgsl from "../../../shaders/gelu.wgsl?raw";
import erf from "../../../shaders/lib/erf.wgsl?raw";
import lib from "../../../shaders/lib/gelu.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { elements, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

const kernel = (entry: string): KernelSpec => kernelOf("gelu", entry, [grid, erf, lib, wgsl]);
const FORWARD = kernel("forward");
const BACKWARD = kernel("backward");

/** y = x (1 + erf(x / sqrt 2)) / 2. x: any shape. The kernel's erf is accurate to 1.3e-7 absolute. */
export function gelu(ctx: Ctx, x: Tensor): Tensor {
  const dims = { count: elements(x) };
  const y = ctx.empty(x.shape, "gelu", { requiresGrad: ctx.needsGrad(x) });
  ctx.run(FORWARD, [x, y], dims, groupsOf(FORWARD, dims.count));
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    ctx.run(BACKWARD, [x, dy, dx], dims, groupsOf(BACKWARD, dims.count));
    return [dx];
  });
}
