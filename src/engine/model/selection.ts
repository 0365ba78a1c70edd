// How the five selection vectors of a block apply to its activations: not at all (dense), multiplied as masks (masked), or cut (compact).
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { Ctx } from "../ctx.ts";
import type { ActivationGates } from "../ops/activation.ts";
import { add } from "../ops/arithmetic.ts";
import { gate, gatedAdd } from "../ops/gate.ts";
import { gather } from "../ops/gather.ts";
import { scatterAdd } from "../ops/scatterAdd.ts";
import { type GateLayout } from "../masks/gates.ts";
import { type Tensor, view } from "../tensor.ts";

/** The selection vectors by their position within a block. */
export const S1 = 0;
export const S2 = 1;
export const S3 = 2;
const S4 = 3;
export const S5 = 4;

/** One of the selection vectors of a block. */
interface VectorOf<Vector extends number> {
  block: number;
  vector: Vector;
}

export interface Selection {
  /** The input of a branch's first linear layers: s1 or s3 applied to x, (T, d). */
  enter(ctx: Ctx, x: Tensor, at: VectorOf<typeof S1 | typeof S3>): Tensor;
  /** s4, which multiplies the MLP's activation; undefined where it is all ones or its dimensions are cut. */
  middle(block: number): ActivationGates | undefined;
  /** The residual stream after a branch: residual + s2 (or s5) applied to the branch's output y. */
  leave(ctx: Ctx, residual: Tensor, y: Tensor, at: VectorOf<typeof S2 | typeof S5>): Tensor;
}

/** No selection: the dense model. */
export const DENSE: Selection = {
  enter: (_, x) => x,
  middle: () => undefined,
  leave: (ctx, residual, y) => add(ctx, residual, y),
};

/**
 * Masks of values in [0, 1], flat in the layout's order; they get a gradient if a tape records. s4Twice multiplies by s4 twice, as the released
 * code does on both branches of a GLU (METHOD.md 1.1).
 */
export function masked(gates: Tensor, layout: GateLayout, s4Twice = false): Selection {
  const gatesOf = ({ block, vector: k }: VectorOf<number>): Tensor => {
    const i = VECTORS_PER_BLOCK * block + k;
    return view(gates, layout.offsets[i] ?? 0, [layout.sizes[i] ?? 0], `s${k + 1} of block ${block}`);
  };
  return {
    enter: (ctx, x, at) => gate(ctx, x, gatesOf(at)),
    middle: (block) => ({ mask: gatesOf({ block, vector: S4 }), twice: s4Twice }),
    leave: (ctx, residual, y, at) => gatedAdd(ctx, residual, y, gatesOf(at)),
  };
}

/** Kept dimensions of one block as u32 index tensors. s4 needs none: the middle of the MLP is narrower. */
export interface BlockIndices {
  s1: Tensor;
  s2: Tensor;
  s3: Tensor;
  s5: Tensor;
}

/** For a model whose matrices are cut: gathers the inputs of a branch and scatters its output into the residual stream. */
export function compact(blocks: readonly BlockIndices[]): Selection {
  const of = (block: number): BlockIndices => {
    const indices = blocks[block];
    if (!indices) throw new RangeError(`no index lists for block ${block}`);
    return indices;
  };
  return {
    enter: (ctx, x, { block, vector }) => gather(ctx, x, vector === S1 ? of(block).s1 : of(block).s3),
    middle: () => undefined,
    leave: (ctx, residual, y, { block, vector }) =>
      scatterAdd(ctx, residual, y, vector === S2 ? of(block).s2 : of(block).s5),
  };
}
