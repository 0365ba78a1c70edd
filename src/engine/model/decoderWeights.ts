// The weights of a model as the forward pass needs them: frozen, and packed where matrices share their input.
import type { Adapter } from "../ops/linearParts.ts";
import type { RowParts } from "../ops/kit/rowParts.ts";
import type { Tensor } from "../tensor.ts";
import type { RopeTables } from "./ropeTables.ts";

/** weight: (out, in), in several parts if it is too large for one binding; bias: (out). */
export interface LinearWeights {
  weight: RowParts;
  bias?: Tensor;
  /** Of a model whose recovery trains adapters. */
  adapter?: Adapter;
}

/** Weight and bias: (d), views of one buffer. RMSNorm has no bias. */
export interface NormWeights {
  weight: Tensor;
  bias?: Tensor;
}

/** Weights of one block. q|k|v and gate|up are packed, so that one matmul reads their shared input. */
export interface BlockWeights {
  attentionNorm: NormWeights;
  /** Cosine and sine of the positions in use; missing without RoPE. */
  rope?: RopeTables;
  /** ((heads + 2 kvHeads) headDim, in) */
  qkv: LinearWeights;
  /** (2, headDim): norms of q and of k; (2, heads headDim) where they are over all heads. */
  headNorms?: Tensor;
  /** (out, heads headDim) */
  o: LinearWeights;
  /** Missing if both branches share attentionNorm. */
  mlpNorm?: NormWeights;
  /** Of the outputs of both branches. */
  attentionPostNorm?: NormWeights;
  mlpPostNorm?: NormWeights;
  /** (2 f, in) for gate|up, (f, in) for fc1. */
  up: LinearWeights;
  /** (out, f) */
  down: LinearWeights;
}

/** A linear layer of a block, as it is packed. */
export type BlockLayer = "qkv" | "o" | "up" | "down";

export interface DecoderWeights {
  /** (V, width); a tied head is the same tensors. */
  embedding: RowParts;
  /** Learned positions: (context, d). */
  positions?: Tensor;
  projectIn?: LinearWeights;
  blocks: readonly BlockWeights[];
  norm?: NormWeights;
  projectOut?: LinearWeights;
  /** With the softcap of its logits, if it has one. */
  head: LinearWeights & { cap?: number };
  /** The tables of RoPE that blocks share, each once. */
  ropes: readonly RopeTables[];
}
