// Adding, copying and filling: the residual stream, and what the tape needs to bring gradients together.
import wgsl from "../../../shaders/arithmetic.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { TapeArithmetic } from "../tape.ts";
import { checkShape, elements, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";

const WORKGROUP = 256;
const code = [grid, wgsl].join("\n");
const kernel = (entry: string): KernelSpec => ({ label: entry, code, entry });
const ADD = kernel("add");
const ADD_INTO = kernel("add_into");
const COPY = kernel("copy");
const SCALE = kernel("scale");
const FILL = kernel("fill");

const quads = (tensor: Tensor): number => Math.ceil(elements(tensor) / 4);
const groups = (tensor: Tensor): ReturnType<typeof groupsFor> => groupsFor(quads(tensor), WORKGROUP);

/** a + b, of equal shapes. */
export function add(ctx: Ctx, a: Tensor, b: Tensor): Tensor {
  checkShape(b, a.shape, "add");
  const y = ctx.empty(a.shape, "sum", { requiresGrad: ctx.needsGrad(a, b) });
  ctx.run(ADD, [a, b, y], { quads: quads(a) }, groups(a));
  return ctx.record(y, [a, b], (dy) => [dy, dy]);
}

/** into += from, in place; not differentiable. */
export function addInto(ctx: Ctx, into: Tensor, from: Tensor): void {
  ctx.run(ADD_INTO, [from, into], { quads: quads(from) }, groups(from));
}

/** tensor *= factor, in place; factor: (1), on the GPU. Not differentiable. */
export function scaleInto(ctx: Ctx, tensor: Tensor, factor: Tensor): void {
  ctx.run(SCALE, [factor, tensor], { quads: quads(tensor) }, groups(tensor));
}

/** Overwrites `to` with `from`; not differentiable. */
export function copy(ctx: Ctx, from: Tensor, to: Tensor): void {
  ctx.run(COPY, [from, to], { quads: quads(from) }, groups(from));
}

/** Sets every element; not differentiable. */
export function fill(ctx: Ctx, tensor: Tensor, value: number): void {
  ctx.run(FILL, [tensor], { quads: quads(tensor), value }, groups(tensor));
}

/** The arithmetic of a tape over `ctx`; gradients themselves need no gradient. */
export function tapeArithmetic(ctx: Ctx): TapeArithmetic {
  return {
    empty: (shape, label) => ctx.empty(shape, label),
    zero: (tensor) => fill(ctx, tensor, 0),
    copy: (from, to) => copy(ctx, from, to),
    add: (a, b) => add(ctx, a, b),
    addInto: (into, from) => addInto(ctx, into, from),
  };
}
