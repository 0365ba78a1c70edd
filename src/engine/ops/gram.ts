// The Gram matrix X^T X over calibration tokens: SparseGPT's Hessian, but for its factor (METHOD.md 2).
import wgsl from "../../../shaders/gram.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import scalar from "../../../shaders/lib/scalar.wgsl?raw";
import vec4 from "../../../shaders/lib/vec4.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";
import { unitOf } from "./kit/variants.ts";

const WORKGROUP = 64;
const kernel = (values: string): KernelSpec => ({
  label: "gram",
  code: [grid, values, wgsl].join("\n"),
  entry: "accumulate",
});
const KERNELS = { 1: kernel(scalar), 4: kernel(vec4) };

/** gram += x^T x, in place, in and above the diagonal; what is below is left as it is. x: (T, N), gram: (N, N). Not differentiable. */
export function addGram(ctx: Ctx, x: Tensor, gram: Tensor): void {
  const { rows, cols } = matrixOf(x);
  checkShape(gram, [cols, cols], "gram matrix");
  const unit = unitOf(cols);
  const blocks = cols / unit;
  ctx.run(KERNELS[unit], [x, gram], { rows, cols: blocks }, groupsFor(blocks * blocks, WORKGROUP));
}
