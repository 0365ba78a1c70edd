// The mean of a vector.
import wgsl from "../../../shaders/mean.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, type Tensor } from "../tensor.ts";
import { rowKernel } from "./kit/variants.ts";

const MEAN = rowKernel("mean", "mean", [wgsl]);

/** out = the mean of x. x: any shape, out: (1). Not differentiable. */
export function meanInto(ctx: Ctx, x: Tensor, out: Tensor): void {
  ctx.run(MEAN(ctx, 1, 1).spec, [x, out], { count: elements(x) }, [1]);
}
