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

/** One of the selection vectors of a block. */
export interface VectorOf<Vector extends number> {
  block: number;
  vector: Vector;
}

export interface Selection {
  /** The input of a branch's first linear layers: s1 or s3 applied to x, (T, d). */
  enter(ctx: Ctx, x: Tensor, at: VectorOf<typeof S1 | typeof S3>): Tensor;
  /** The input of down (or fc2): s4 applied to m, (T, f). */
  middle(ctx: Ctx, m: Tensor, block: number): Tensor;
  /** The residual stream after a branch: residual + s2 (or s5) applied to the branch's output y. */
  leave(ctx: Ctx, residual: Tensor, y: Tensor, at: VectorOf<typeof S2 | typeof S5>): Tensor;
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
  const gatesOf = ({ block, vector: k }: VectorOf<number>): Tensor => {
    const i = VECTORS_PER_BLOCK * block + k;
    return view(gates, layout.offsets[i] ?? 0, [layout.sizes[i] ?? 0], `s${k + 1} of block ${block}`);
  };
  return {
    enter: (ctx, x, at) => gate(ctx, x, gatesOf(at)),
    middle: (ctx, m, block) => {
      const s4 = gatesOf({ block, vector: S4 });
      const once = gate(ctx, m, s4);
      return s4Twice ? gate(ctx, once, s4) : once;
    },
    leave: (ctx, residual, y, at) => gatedAdd(ctx, residual, y, gatesOf(at)),
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
    enter: (ctx, x, { block, vector }) => gather(ctx, x, vector === S1 ? of(block).s1 : of(block).s3),
    middle: (_, m) => m,
    leave: (ctx, residual, y, { block, vector }) =>
      scatterAdd(ctx, residual, y, vector === S2 ? of(block).s2 : of(block).s5),
  };
}
