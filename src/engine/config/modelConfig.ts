// The description of a model that every family's reader returns, and that budget, loader and exports use. Plain data.
import type { RopeConfig } from "./ropeFrequencies.ts";

/** The families that the engine runs, by model_type; all others are refused by name. */
export type Family =
  | "llama"
  | "mistral"
  | "gemma"
  | "qwen2"
  | "qwen3"
  | "opt"
  | "phi"
  | "smollm3"
  | "granite"
  | "olmo2"
  | "gemma3_text"
  | "phi3"
  | "gemma2";

/** How a family's blocks are built: everything but the sizes. */
export interface Design {
  /** RMSNorm (a weight) or LayerNorm (weight and bias). */
  norm: "rms" | "layer";
  /** Added to every norm's weight when it is loaded: Gemma stores weight - 1. */
  normShift: number;
  /**
   * before: a norm before each branch. after: a norm after each residual add (OPT-350m).
   * parallel: one norm whose output both branches read (Phi). branch: a norm of each branch's output before it joins the stream (OLMo 2).
   * around: one before each branch and one of its output (Gemma 2 and 3).
   */
  normPlace: "before" | "after" | "parallel" | "branch" | "around";
  /** A norm between the last block and the head. */
  finalNorm: boolean;
  /** "gelu_tanh" is gelu_new and gelu_pytorch_tanh of transformers, "gelu" the exact one. */
  activation: "silu" | "relu" | "gelu_tanh" | "gelu";
  /** Linear layers that have a bias. */
  biases: Biases;
  /** RMSNorm over each head of q and k, before RoPE (Qwen3). */
  qkNorm: boolean;
  /** That norm is over all heads of q, or of k, at once (OLMo 2). */
  qkNormOfAllHeads?: boolean;
  /** Factor on the token embeddings (Gemma: sqrt(d)). */
  embeddingScale: number;
}

/** Positions and reach of one block's attention. */
interface BlockAttention {
  /** Missing in a block without positions. */
  rope?: RopeConfig;
  window?: number;
}

interface Biases {
  qkv: boolean;
  o: boolean;
  mlp: boolean;
  head: boolean;
}

export interface ModelConfig {
  family: Family;
  modelType: string;
  /** L: number of blocks. */
  layers: number;
  /** d: width of the residual stream. */
  dModel: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** f: width of the MLP. */
  dMlp: number;
  vocab: number;
  /** The longest sequence that the model was trained for, in tokens. */
  context: number;
  normEps: number;
  /** Rotary positions. Without it, positions are learned and added to the embeddings (OPT). */
  rope?: RopeConfig;
  /** Mistral's sliding window: how many keys a query attends to at most, its own included. Default: all before it. */
  window?: number;
  /** Of every block, where blocks differ in RoPE or window (SmolLM3, Gemma 2 and 3). Default: all have `rope` and `window`. */
  attention?: readonly BlockAttention[];
  /** Factor on q k^T; default 1 / sqrt(headDim). */
  attentionScale?: number;
  /** Softcaps of scores and of logits: x becomes cap tanh(x / cap) (Gemma 2). Default: none. */
  attentionCap?: number;
  logitsCap?: number;
  /** Factor on the logits (Granite). Default: 1. */
  logitsScale?: number;
  /** transformers' residual stream is this factor times the engine's (Granite, see its file). Default: 1. */
  streamScale?: number;
  /** Width of embedding and head if it is not d; two matrices connect them to the residual stream (OPT-350m). */
  embeddingWidth?: number;
  /** Whether the head is the embedding. */
  tiedHead: boolean;
  /** GLU: gate and up projections (true) or a single fc1 (false). */
  glu: boolean;
  design: Design;
  bosToken?: number;
  eosTokens: number[];
}

/** The attention of a block. */
export const attentionOf = ({ attention, rope, window }: ModelConfig, block: number): BlockAttention =>
  attention?.[block] ?? { ...(rope ? { rope } : {}), ...(window === undefined ? {} : { window }) };

/** The kinds of RoPE that the blocks have, each once. */
export function ropesOf(config: ModelConfig): RopeConfig[] {
  const ropes = Array.from({ length: config.layers }, (_, block) => attentionOf(config, block).rope);
  return [...new Set(ropes)].filter((rope) => rope !== undefined);
}

/** No linear layer has a bias. */
export const NO_BIASES: Biases = { qkv: false, o: false, mlp: false, head: false };

/** LLaMA's blocks, which most families use as they are or with one change. */
export const LLAMA_DESIGN: Design = {
  norm: "rms",
  normShift: 0,
  normPlace: "before",
  finalNorm: true,
  activation: "silu",
  biases: NO_BIASES,
  qkNorm: false,
  embeddingScale: 1,
};
