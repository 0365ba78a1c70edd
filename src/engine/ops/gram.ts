// The Gram matrix X^T X over calibration tokens: SparseGPT's Hessian up to a factor (METHOD.md 2).
import wgsl from "../../../shaders/gram.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";
import { unitOf } from "./kit/variants.ts";
import { valueText, type Width } from "./kit/weightText.ts";

const kernel = (width: Width): KernelSpec => kernelOf("gram", "accumulate", [grid, valueText(width), wgsl]);
const ACCUMULATE = { 1: kernel(1), 4: kernel(4) };

/** gram += x^T x, in place, on and above the diagonal; what is below keeps its values. x: (T, N), gram: (N, N). Not differentiable. */
export function addGram(ctx: Ctx, x: Tensor, gram: Tensor): void {
  const { rows, cols } = matrixOf(x);
  checkShape(gram, [cols, cols], "Gram matrix");
  const unit = unitOf(cols);
  const blocks = cols / unit;
  ctx.run(ACCUMULATE[unit], [x, gram], { rows, cols: blocks }, groupsOf(ACCUMULATE[unit], blocks * blocks));
}
