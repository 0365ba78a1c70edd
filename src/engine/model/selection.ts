// How the five selection vectors of a block apply to its activations: not at all (dense), multiplied as masks (masked), or cut (compact).
import { type S1, type S2, type S3, S4, type S5, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { ActivationGates } from "../ops/activation.ts";
import type { KeptColumns } from "../ops/kit/keptColumns.ts";
import { type GateLayout } from "../masks/gates.ts";
import { type Tensor, view } from "../tensor.ts";

/** One of the selection vectors of a block. */
export interface VectorOf<Vector extends number> {
  block: number;
  vector: Vector;
}

export interface Selection {
  /** The gates of s1, s2, s3 or s5, which multiply the columns of (T, d): (d). Undefined where they are all ones, or cut (see `cut`). */
  gates(at: VectorOf<typeof S1 | typeof S2 | typeof S3 | typeof S5>): Tensor | undefined;
  /** s4, which multiplies the MLP's activation; undefined where it is all ones, or its dimensions are cut. */
  middle(block: number): ActivationGates | undefined;
  /** If dimensions are cut: those that are kept, of each block. A branch gathers its input and scatters its output. */
  readonly cut?: (block: number) => BlockColumns;
}

/** No selection: the dense model. */
export const DENSE: Selection = { gates: () => undefined, middle: () => undefined };

interface MaskedOptions {
  /** Multiplies by s4 twice, as the released code does on both branches of a GLU (METHOD.md 1.1). */
  s4Twice?: boolean;
  /** The other four vectors are all ones, and are not applied. */
  mlpOnly?: boolean;
}

/** Masks of values in [0, 1], flat in the layout's order; they get a gradient if a tape records. */
export function masked(
  gates: Tensor,
  layout: GateLayout,
  { s4Twice = false, mlpOnly = false }: MaskedOptions = {},
): Selection {
  const gatesOf = ({ block, vector: k }: VectorOf<number>): Tensor => {
    const i = VECTORS_PER_BLOCK * block + k;
    return view(gates, layout.offsets[i] ?? 0, [layout.sizes[i] ?? 0], `s${k + 1} of block ${block}`);
  };
  return {
    gates: mlpOnly ? () => undefined : gatesOf,
    middle: (block) => ({ mask: gatesOf({ block, vector: S4 }), twice: s4Twice }),
  };
}

/** Kept dimensions of one block. s4 needs none: the middle of the MLP is narrower. */
export interface BlockColumns {
  s1: KeptColumns;
  s2: KeptColumns;
  s3: KeptColumns;
  s5: KeptColumns;
}

/** For a model whose matrices are cut. */
export function compact(blocks: readonly BlockColumns[]): Selection {
  const cut = (block: number): BlockColumns => {
    const columns = blocks[block];
    if (!columns) throw new RangeError(`no index lists for block ${block}`);
    return columns;
  };
  return { ...DENSE, cut };
}
