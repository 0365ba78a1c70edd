// The weights of a model as the forward wants them: packed where matrices share their input, all frozen.
import type { RowParts } from "../ops/kit/rowParts.ts";
import type { Tensor } from "../tensor.ts";

/** weight: (out, in), in several parts where the adapter cannot bind it whole; bias: (out). */
export interface LinearWeights {
  weight: RowParts;
  bias?: Tensor;
}

/** RMSNorm has no bias, LayerNorm has one; both (d). */
export interface NormWeights {
  weight: Tensor;
  bias?: Tensor;
}

/** Weights of one block. q|k|v and gate|up are packed: one matmul reads their shared input. */
export interface BlockWeights {
  attentionNorm: NormWeights;
  /** ((heads + 2 kvHeads) headDim, in) */
  qkv: LinearWeights;
  /** (2, headDim): norms of q and of k. */
  headNorms?: Tensor;
  /** (out, heads headDim) */
  o: LinearWeights;
  /** Left out where attentionNorm serves both branches. */
  mlpNorm?: NormWeights;
  /** (2 f, in) for gate|up, (f, in) for fc1. */
  up: LinearWeights;
  /** (out, f) */
  down: LinearWeights;
}

export interface DecoderWeights {
  /** (V, width), shared with a tied head. */
  embedding: RowParts;
  /** (context, d): learned positions. */
  positions?: Tensor;
  projectIn?: LinearWeights;
  blocks: readonly BlockWeights[];
  norm?: NormWeights;
  projectOut?: LinearWeights;
  head: LinearWeights;
  /** (context, rotated dimensions / 2, 2): cosine and sine of every position. */
  rope?: Tensor;
}
