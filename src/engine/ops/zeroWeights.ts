// Zeroes the pruned weights of a matrix, and packs its mask into bits (METHOD.md 2).
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/zero_weights.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf, kernelSizes } from "./kit/launch.ts";
import type { PackedRows } from "./weightScores.ts";

const FORWARD = kernelOf("zeroWeights", "forward", [grid, wgsl]);
const BY_BITS = kernelOf("zeroWeights", "by_bits", [grid, wgsl]);
const WORD_BITS = kernelSizes(FORWARD).constant("WORD_BITS");

/**
 * Zeroes, in place, the weights whose entry in `keep`, u32 (rows, cols), is 0. Returns the mask as bits, u32: weight i is bit i % 32 of word
 * i / 32, as in masks/weightMasks.ts. Not differentiable.
 */
export function zeroWeights(ctx: Ctx, { weight, firstRow, rows }: PackedRows, keep: Tensor): Tensor {
  const { cols } = matrixOf(weight);
  const length = rows * cols;
  invariant(
    elements(keep) === length,
    "shape",
    () => `${weight.label}: expected a mask of ${length} weights, got ${elements(keep)}`,
  );
  const words = Math.ceil(length / WORD_BITS);
  const bits = ctx.empty([words], "mask bits", { dtype: "u32" });
  ctx.run(FORWARD, [keep, weight, bits], { length, first: firstRow * cols }, groupsOf(FORWARD, words));
  return bits;
}

/** Zeroes, in place, the entries of `weight` whose bit in `bits` is 0. bits: u32, as `zeroWeights` returns them. Not differentiable. */
export function zeroByBits(ctx: Ctx, weight: Tensor, bits: Tensor): void {
  const length = elements(weight);
  const words = Math.ceil(length / WORD_BITS);
  checkShape(bits, [words], "mask bits");
  ctx.run(BY_BITS, [bits, weight], { length, first: 0 }, groupsOf(BY_BITS, words));
}
