// The sum of the slices of a matrix product whose workgroups each made a part of the sum.
import wgsl from "../../../shaders/add_slices.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import vec4 from "../../../shaders/lib/vec4.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

const text = [grid, vec4, wgsl];
const PLAIN = kernelOf("addSlices", "add", text);
const BIASED = kernelOf("addSlices", "add", text, { BIAS: 1 });
const ACCUMULATING = kernelOf("addSlices", "add", text, { ACCUMULATE: 1 });

/**
 * y = sum of the slices, plus `bias` or plus y itself ("accumulate"). slices: (count, rows, cols), y: (rows, cols), cols a multiple of 4,
 * bias: (cols). Adds the slices in order, so that a run repeats bit for bit. Not differentiable.
 */
export function addSlices(ctx: Ctx, slices: Tensor, y: Tensor, extra?: { bias: Tensor } | "accumulate"): void {
  const { rows, cols } = matrixOf(y);
  const count = elements(slices) / elements(y);
  checkShape(slices, [count, rows, cols], "slices");
  const values = (rows * cols) / 4;
  const bias = typeof extra === "object" ? extra.bias : undefined;
  const kernel = bias ? BIASED : extra ? ACCUMULATING : PLAIN;
  ctx.run(kernel, [slices, bias ?? slices, y], { count, values, across: cols / 4 }, groupsOf(kernel, values));
}
