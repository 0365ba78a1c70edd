// Single weights: what was pruned, and parts of matrices to look at.
import type {
  BlockNorms,
  Direction,
  MatrixCells,
  MatrixKeep,
  MatrixWindow,
  MlpMatrix,
  WeightReceipt,
  WeightRecipe,
} from "../../engine/index.ts";
import type { PrunedId } from "./run.ts";

/** Single weights of the MLP, pruned in one shot (METHOD.md 2). */
export interface PrunedMlp extends Pick<PrunedId, "run"> {
  recipe: WeightRecipe;
  matrices: readonly PrunedMatrix[];
  /** Of each block, over the calibration tokens; empty for magnitude, and for restored masks. */
  norms: readonly BlockNorms[];
  kept: WeightReceipt["kept"];
}

export interface PrunedMatrix extends MlpMatrix {
  direction: Direction;
  /** Weights that stay. */
  kept: number;
  /** As in the engine's WeightMask: weight i stays where bit i % 32 of word i / 32 is set. */
  bits: Uint32Array;
}

/** Names a part of one matrix of the MLP. */
export interface NamedWindow extends MatrixWindow {
  /** Of the matrix's tensor. */
  name: string;
}

/** The dense values of that part and the scores that decided about them, (rows, cols), row by row. */
export interface WeightWindow extends NamedWindow {
  values: Float32Array;
  /** Null for SparseGPT, and where the norms are not known any more (restored masks). */
  scores: Float32Array | null;
}

/** A part of a linear layer of a block, read in bounded pieces. */
export interface MatrixRequest {
  block: number;
  /** Number of the layer in its block, in order of use: q, k, v, o, then those of the MLP. */
  layer: number;
  /** Null: all of it. */
  area: MatrixWindow | null;
  /** What is kept: of no pruning (dense), of one, or of two that are compared. */
  keeps: readonly MatrixKeep[];
  /** change: what refitting, recovery or SparseGPT added to the weights that the current pruning keeps. */
  show: "weights" | "change";
}

export interface MatrixView extends MatrixCells {
  /** Of its tensor. */
  name: string;
  /** (out, in) */
  shape: readonly [number, number];
}
