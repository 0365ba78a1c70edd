// How a block's activations meet its five selection vectors: not at all (dense), multiplied by gates (masked), or cut (compact).
import type { Ctx } from "../ctx.ts";
import { add } from "../ops/arithmetic.ts";
import { gate, gatedAdd } from "../ops/gate.ts";
import { gather } from "../ops/gather.ts";
import { scatterAdd } from "../ops/scatterAdd.ts";
import { type GateLayout, VECTORS_PER_BLOCK } from "../masks/gates.ts";
import { type Tensor, view } from "../tensor.ts";

/** Position of a vector within its block. */
export const S1 = 0;
export const S2 = 1;
export const S3 = 2;
const S4 = 3;
export const S5 = 4;

export interface Selection {
  /** What the linear layers behind a norm read: s1 or s3 applied to (T, d). */
  enter(ctx: Ctx, x: Tensor, block: number, vector: typeof S1 | typeof S3): Tensor;
  /** What down (or fc2) reads: s4 applied to (T, f). */
  middle(ctx: Ctx, m: Tensor, block: number): Tensor;
  /** The residual stream after a branch: residual + s2 (or s5) applied to its output. */
  leave(ctx: Ctx, residual: Tensor, y: Tensor, block: number, vector: typeof S2 | typeof S5): Tensor;
}

export const DENSE: Selection = {
  enter: (_, x) => x,
  middle: (_, m) => m,
  leave: (ctx, residual, y) => add(ctx, residual, y),
};

/**
 * Gates of any values in [0, 1], flat in `layout` order; their gradient comes through the tape.
 * s4Twice multiplies s4 on both branches of a GLU, as the released code does (METHOD.md 1.1).
 */
export function masked(gates: Tensor, layout: GateLayout, s4Twice = false): Selection {
  const vector = (block: number, k: number): Tensor => {
    const i = VECTORS_PER_BLOCK * block + k;
    return view(gates, layout.offsets[i] ?? 0, [layout.sizes[i] ?? 0], `s${k + 1} of block ${block}`);
  };
  return {
    enter: (ctx, x, block, k) => gate(ctx, x, vector(block, k)),
    middle: (ctx, m, block) => {
      const once = gate(ctx, m, vector(block, S4));
      return s4Twice ? gate(ctx, once, vector(block, S4)) : once;
    },
    leave: (ctx, residual, y, block, k) => gatedAdd(ctx, residual, y, vector(block, k)),
  };
}

/** Kept dimensions of one block as u32 index tensors; s4 needs none, its width is simply smaller. */
export interface BlockIndices {
  s1: Tensor;
  s2: Tensor;
  s3: Tensor;
  s5: Tensor;
}

/** A model whose matrices are cut: inputs are gathered, outputs are added where they belong. */
export function compact(blocks: readonly BlockIndices[]): Selection {
  const of = (block: number): BlockIndices => {
    const indices = blocks[block];
    if (!indices) throw new RangeError(`no index lists for block ${block}`);
    return indices;
  };
  return {
    enter: (ctx, x, block, k) => gather(ctx, x, k === S1 ? of(block).s1 : of(block).s3),
    middle: (_, m) => m,
    leave: (ctx, residual, y, block, k) => scatterAdd(ctx, residual, y, k === S2 ? of(block).s2 : of(block).s5),
  };
}
