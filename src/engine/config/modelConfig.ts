// What a model is: the one description that every family's reader makes, and that budget, loader and exporters use. Plain data.
import type { RopeConfig } from "./ropeConfig.ts";

export type { RopeConfig } from "./ropeConfig.ts";

/** Families that the engine runs, by their model_type; everything else is refused by name. */
export type Family = "llama" | "mistral" | "gemma" | "qwen2" | "qwen3" | "opt" | "phi";

/** How a family's blocks are built: in what families differ besides their sizes. */
export interface Design {
  /** RMSNorm (a weight) or LayerNorm (weight and bias). */
  norm: "rms" | "layer";
  /** Added to every norm's weight when it is loaded: Gemma stores weight - 1. */
  normShift: number;
  /**
   * before: a norm in front of each branch. after: one behind each residual add (OPT-350m).
   * parallel: one norm whose output both branches read (Phi).
   */
  normPlace: "before" | "after" | "parallel";
  /** A norm between the last block and the head. */
  finalNorm: boolean;
  /** "gelu_tanh" is gelu_new and gelu_pytorch_tanh of transformers, "gelu" the exact one. */
  activation: "silu" | "relu" | "gelu_tanh" | "gelu";
  /** Linear layers that have a bias. */
  biases: Biases;
  /** RMSNorm over each head of q and k, in front of RoPE (Qwen3). */
  qkNorm: boolean;
  /** Factor on the token embeddings (Gemma: sqrt(d)). */
  embeddingScale: number;
}

export interface Biases {
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
  /** Longest sequence the model was made for, in tokens. */
  context: number;
  normEps: number;
  /** Rotary positions; without it positions are learned, and added to the embeddings (OPT). */
  rope?: RopeConfig;
  /** Keys that a query sees at most, itself included (Mistral's sliding window); default: all before it. */
  window?: number;
  /** Width of embedding and head where it is not d: two matrices lie between (OPT-350m). */
  embeddingWidth?: number;
  tiedHead: boolean;
  /** GLU: gate and up projections (true) or a single fc1 (false). */
  glu: boolean;
  design: Design;
  bosToken?: number;
  eosTokens: number[];
}

/** Without any bias. */
export const NO_BIASES: Biases = { qkv: false, o: false, mlp: false, head: false };

/** LLaMA's blocks, which most families share or change in one point. */
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
