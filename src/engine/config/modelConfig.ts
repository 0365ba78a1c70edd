// The description of a model that every family's reader returns, and that budget, loader and exports use. Plain data.
import type { RopeConfig } from "./ropeFrequencies.ts";

/** The families that the engine runs, by model_type; all others are refused by name. */
export type Family = "llama" | "mistral" | "gemma" | "qwen2" | "qwen3" | "opt" | "phi";

/** How a family's blocks are built: everything but the sizes. */
export interface Design {
  /** RMSNorm (a weight) or LayerNorm (weight and bias). */
  norm: "rms" | "layer";
  /** Added to every norm's weight when it is loaded: Gemma stores weight - 1. */
  normShift: number;
  /**
   * before: a norm before each branch. after: a norm after each residual add (OPT-350m).
   * parallel: one norm whose output both branches read (Phi).
   */
  normPlace: "before" | "after" | "parallel";
  /** A norm between the last block and the head. */
  finalNorm: boolean;
  /** "gelu_tanh" is gelu_new and gelu_pytorch_tanh of transformers, "gelu" the exact one. */
  activation: "silu" | "relu" | "gelu_tanh" | "gelu";
  /** Linear layers that have a bias. */
  biases: Biases;
  /** RMSNorm over each head of q and k, before RoPE (Qwen3). */
  qkNorm: boolean;
  /** Factor on the token embeddings (Gemma: sqrt(d)). */
  embeddingScale: number;
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
