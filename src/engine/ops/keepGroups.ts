// Which weights stay, by their scores: N of every M, or a share of every line (METHOD.md 2); and zeroing the others.
import applyCode from "../../../shaders/zero_weights.wgsl?raw";
import groupsCode from "../../../shaders/keep_groups.wgsl?raw";
import largestCode from "../../../shaders/keep_largest.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { Direction } from "../masks/mlpMatrices.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";
import { rowKernel } from "./kit/variants.ts";
import type { PackedRows } from "./weightScores.ts";

const WORKGROUP = 64;
const WORD_BITS = 32;
const GROUPS: KernelSpec = { label: "keep groups", code: [grid, groupsCode].join("\n"), entry: "forward" };
const APPLY: KernelSpec = { label: "apply keep", code: [grid, applyCode].join("\n"), entry: "forward" };
const LARGEST = rowKernel("keep largest", largestCode, "forward");

/** Of every `size` consecutive scores along the direction all but the `removed` smallest, of equals the later. scores: (rows, cols); returns u32 0 or 1. */
export function keepGroups(ctx: Ctx, scores: Tensor, along: Direction, removed: number, size: number): Tensor {
  const { rows, cols } = matrixOf(scores);
  const length = along === "inputs" ? cols : rows;
  invariant(length % size === 0, "shape", () => `${scores.label}: ${length} is no multiple of ${size}`);
  const keep = ctx.empty(scores.shape, "keep", { dtype: "u32" });
  const groups = (rows * cols) / size;
  const dims = { groups, inner: along === "inputs" ? 1 : cols, removed, size };
  ctx.run(GROUPS, [scores, keep], dims, groupsFor(groups, WORKGROUP));
  return keep;
}

/** Of every whole row ("inputs") or column ("outputs") all but the `removed` smallest scores, of equals the later. scores: (rows, cols), none negative; returns u32 0 or 1. */
export function keepLargest(ctx: Ctx, scores: Tensor, along: Direction, removed: number): Tensor {
  const { rows, cols } = matrixOf(scores);
  const [lines, length, inner] = along === "inputs" ? [rows, cols, 1] : [cols, rows, cols];
  invariant(removed <= length, "shape", () => `${scores.label}: ${removed} of ${length} cannot be removed`);
  const keep = ctx.empty(scores.shape, "keep", { dtype: "u32" });
  const launch = LARGEST(ctx, lines, cols, 1);
  ctx.run(launch.spec, [scores, keep], { lines, length, inner, removed }, launch.groups);
  return keep;
}

/** Zeroes, in place, the weights that are not kept. Returns the mask as a bitset: weight i of the part is bit i % 32 of word i / 32. */
export function applyKeep(ctx: Ctx, part: PackedRows, keep: Tensor): Tensor {
  const { cols } = matrixOf(part.weight);
  const length = part.rows * cols;
  invariant(elements(keep) === length, "shape", () => `${part.weight.label}: a mask of ${length} weights expected`);
  const words = Math.ceil(length / WORD_BITS);
  const bits = ctx.empty([words], "mask bits", { dtype: "u32" });
  const dims = { length, first: part.firstRow * cols };
  ctx.run(APPLY, [keep, part.weight, bits], dims, groupsFor(words, WORKGROUP));
  return bits;
}
