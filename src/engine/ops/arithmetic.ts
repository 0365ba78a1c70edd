// Elementwise arithmetic: the residual stream, and what the tape needs to accumulate gradients.
import wgsl from "../../../shaders/arithmetic.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { Groups } from "../gpu/pastDispatches.ts";
import type { GradientArithmetic } from "../gradients.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

const kernel = (entry: string): KernelSpec => kernelOf("arithmetic", entry, [grid, wgsl]);
const ADD = kernel("add");
const ADD_INTO = kernel("add_into");
const COPY_INTO = kernel("copy_into");
const SCALE_IN_PLACE = kernel("scale_in_place");
const FILL = kernel("fill");
const CAP_IN_PLACE = kernel("cap_in_place");
const SUM_PARTS = kernel("sum_parts");

const quadsOf = (tensor: Tensor): number => Math.ceil(elements(tensor) / 4);
const groups = (spec: KernelSpec, tensor: Tensor): Groups => groupsOf(spec, quadsOf(tensor));

/** a + b, of equal shapes. */
export function add(ctx: Ctx, a: Tensor, b: Tensor): Tensor {
  checkShape(b, a.shape, "add");
  const y = ctx.empty(a.shape, "sum", { requiresGrad: ctx.needsGrad(a, b) });
  ctx.run(ADD, [a, b, y], { quads: quadsOf(a) }, groups(ADD, a));
  return ctx.record(y, [a, b], (dy) => [dy, dy]);
}

/** target += source, of equal sizes. Not differentiable. */
export function addInto(ctx: Ctx, target: Tensor, source: Tensor): void {
  ctx.run(ADD_INTO, [source, target], { quads: quadsOf(source) }, groups(ADD_INTO, source));
}

/** target = source, of equal sizes. Not differentiable. */
export function copyInto(ctx: Ctx, target: Tensor, source: Tensor): void {
  ctx.run(COPY_INTO, [source, target], { quads: quadsOf(source) }, groups(COPY_INTO, source));
}

/** The gradient that a loss starts from. The caller frees it. */
export const makeOne = (ctx: Ctx): Tensor => ({
  ...ctx.persistent("one", [1], { data: Float32Array.of(1) }),
  isOne: true,
});

/** tensor *= factor. factor: (1), on the GPU; nothing runs if it is `makeOne`'s. Not differentiable. */
export function scaleInPlace(ctx: Ctx, tensor: Tensor, factor: Tensor): void {
  if (factor.isOne) return;
  ctx.run(SCALE_IN_PLACE, [factor, tensor], { quads: quadsOf(tensor) }, groups(SCALE_IN_PLACE, tensor));
}

/** Sets every element to `value`. Not differentiable. */
export function fill(ctx: Ctx, tensor: Tensor, value: number): void {
  ctx.run(FILL, [tensor], { quads: quadsOf(tensor), value }, groups(FILL, tensor));
}

/** tensor = cap tanh(tensor / cap). Not differentiable. */
export function capInPlace(ctx: Ctx, tensor: Tensor, cap: number): void {
  ctx.run(CAP_IN_PLACE, [tensor], { quads: quadsOf(tensor), value: cap }, groups(CAP_IN_PLACE, tensor));
}

/** The sum of the rows of parts, (P, N) with N a multiple of 4, plus `more` if given, in a new tensor of `shape`: at most N elements. Not differentiable. */
export function sumParts(ctx: Ctx, parts: Tensor, more: Tensor | undefined, shape: readonly number[]): Tensor {
  const { rows, cols } = matrixOf(parts);
  const y = ctx.empty(shape, "sum of parts");
  const dims = { quads: quadsOf(y), parts: rows, stride: cols / 4, more: more ? 1 : 0 };
  // without `more` its binding gets the parts, and the kernel does not read it
  ctx.run(SUM_PARTS, [parts, more ?? parts, y], dims, groups(SUM_PARTS, y));
  return y;
}

/** The arithmetic of a tape on `ctx`. Its tensors are gradients, which need no gradients themselves. */
export function gradientArithmetic(ctx: Ctx): GradientArithmetic {
  return {
    empty: (shape, label) => ctx.empty(shape, label),
    zero: (tensor) => fill(ctx, tensor, 0),
    copyInto: (target, source) => copyInto(ctx, target, source),
    add: (a, b) => add(ctx, a, b),
    addInto: (target, source) => addInto(ctx, target, source),
    sumParts: (parts, more, shape) => sumParts(ctx, parts, more, shape),
  };
}
