// Exact GELU (Hendrycks and Gimpel 2016), by erf.
import wgsl from "../../../shaders/gelu.wgsl?raw";
import erf from "../../../shaders/lib/erf.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { elements, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";

const WORKGROUP = 64;
const code = [grid, erf, wgsl].join("\n");
const FORWARD: KernelSpec = { label: "gelu", code, entry: "forward" };
const BACKWARD: KernelSpec = { label: "gelu backward", code, entry: "backward" };

/** y = x (1 + erf(x / sqrt 2)) / 2, element by element. The kernel's erf is good to 1.3e-7 absolute. */
export function gelu(ctx: Ctx, x: Tensor): Tensor {
  const dims = { count: elements(x) };
  const groups = groupsFor(elements(x), WORKGROUP);
  const y = ctx.empty(x.shape, "gelu", { requiresGrad: ctx.needsGrad(x) });
  ctx.run(FORWARD, [x, y], dims, groups);
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    ctx.run(BACKWARD, [x, dy, dx], dims, groups);
    return [dx];
  });
}
