// The fields of receipt.json (docs/formats.md). receipt.ts builds them, readReceipt.ts reads them.
import type { FloatDtype, OpeningDtype, WeightType } from "../../dtype.ts";
import type { MatmulTable } from "../../matmul/matmulTable.ts";
import type { RecipeJson } from "../../recipes/recipe.ts";
import type { Targets } from "../../recipes/targets.ts";
import type { Form } from "../files/forms.ts";
import type { LogitSample } from "./logitSample.ts";
import type { RecoveryReceipt } from "./recoveryReceipt.ts";

export const RECEIPT_FORMAT = 1;
export const MASK_ENCODING = "base64; one bit per gate, eight per byte, first gate in the lowest bit";

export const TARGETS = ["block weights kept", "whole model pruned"] as const;
/** The requested ratio and its meaning: a kept share of the block weights, or a pruned share of the entire model. */
export interface Target {
  ratio: (typeof TARGETS)[number];
  value: number;
}

/** A text: its name, and the SHA-256 of its UTF-8 bytes in hexadecimal. */
export interface TextRef {
  name: string;
  sha256: string;
}

/** Perplexity of the dense and the pruned model on the same text and windows (METHOD.md 4). */
export interface PerplexityPair {
  text: TextRef;
  /** Window length in tokens. */
  context: number;
  /** Number of tokens of the text that were used. */
  tokens: number;
  /** Whether every window began with the tokenizer's begin token. */
  beginToken: boolean;
  /** Present where the matrices were quantised when the model was opened: both values are of the quantised weights, exports have the file's own. */
  quantised?: OpeningDtype | undefined;
  dense: number;
  pruned: number;
}

/** One form, reopened by a runtime and compared with the engine's own forward. */
export interface FormCheck {
  form: Form;
  /** Element type of the weights in its files; `model.dtype` is that of the base model. */
  dtype: WeightType;
  runtime: string;
  version: string;
  /** Tokens whose logits were compared. */
  tokens: number;
  maxAbsLogitDifference: number;
  /** Fraction of positions with the same largest logit, 0 to 1. */
  argmaxAgreement: number;
  /** Perplexity of what the file stores, on the text and windows of the receipt's first perplexity; present where its weights are rounded. */
  perplexity?: number;
  /** What a GGUF file stores. */
  gguf?: GgufRecord;
  /** The same GGUF file in llama.cpp; missing in receipts of older versions. */
  llama?: LlamaCheck;
}

/** A GGUF file in llama.cpp, compared with the engine's forward of what the file stores; or why that was not done. */
export type LlamaCheck =
  | {
      runtime: string;
      version: string;
      /** Positions whose probabilities were compared. */
      tokens: number;
      /** Of all tokens that are at least 1e-8 probable. */
      maxAbsLogProbabilityDifference: number;
      /** Fraction of positions with the same most probable token, 0 to 1. */
      argmaxAgreement: number;
      /** Number of tokens of a text, all equal to those of our tokenizer; missing where no text was given. */
      textTokens?: number;
    }
  | { notRun: string };

/** What a GGUF file stores, beside its bytes. */
export interface GgufRecord {
  /** llama.cpp's name of the mathematics, general.architecture. */
  architecture: string;
  /** Weights of the blocks' linear layers in the file, of those of the dense model. */
  blockWeights: Share;
  /** MLP dimensions of zeros in all blocks, added because rows consist of whole blocks of values. */
  addedDimensions: number;
  /** Blocks that have no attention in the file. */
  withoutAttention: number;
  /** What differs from the base model in llama.cpp: full sentences. */
  notes: readonly string[];
}

/** Counts: how many are kept, of how many. */
export interface Share {
  kept: number;
  of: number;
}

/** The dense model: its name and the sizes from which its weights can be counted. */
export interface ReceiptModel {
  name: string;
  /** Licence of the base model as its own card states it, or "not stated". */
  licence: string;
  modelType: string;
  /** Element type in the base model's files; an export may use another (see FormCheck). */
  dtype: FloatDtype;
  layers: number;
  dModel: number;
  dMlp: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  glu: boolean;
}

/** Fields that receipts of all methods share. */
export interface ReceiptBase {
  format: typeof RECEIPT_FORMAT;
  program: { name: "Espalier"; version: string };
  /** The GPU adapter of the run, by its own name. */
  adapter: string;
  /** What ran WebGPU: the browser, or Dawn in Node; missing in receipts of older versions. */
  host?: string;
  /**
   * f16: the run stored the model's matrices in half precision, so logits and perplexities are of the rounded weights. bf16: a run of the
   * Python package computed in it. Missing where neither is so.
   */
  precision?: "f16" | "bf16";
  /** The matmul kernels of the run: it repeats bit for bit with the same ones on the same adapter. Missing in receipts of older versions. */
  matmul?: MatmulTable;
  model: ReceiptModel;
  /** The text used for training or calibration. */
  calibration: TextRef;
  /** Present where the kept weights were trained after pruning. */
  recovery?: RecoveryReceipt;
  perplexity: PerplexityPair[];
  checks: FormCheck[];
  /** Some logits of the pruned model; missing in receipts of older versions. */
  sample?: LogitSample;
}

/** The receipt of structural pruning (DISP-LLM). */
export interface Receipt extends ReceiptBase {
  /** Its `keep` is the ratio that the run was trained for last; of a run for every ratio, that of the masks. */
  recipe: RecipeJson;
  /** What the masks were made for: another ratio than the recipe's where they are a point of the run. */
  target: Target;
  /** The targets of a run for one ratio; missing where they were not recorded. */
  targets?: Targets;
  /** Steps actually trained: fewer than in the recipe where the run was stopped. */
  trainedSteps: number;
  kept: {
    blockWeights: Share;
    /** Parameters of the entire model. */
    modelWeights: Share;
    /** Bytes of all tensors: compact form (with index lists) of the dense model, both in the model's dtype. */
    compactBytes: Share;
    /** |s1| .. |s5| of every block. */
    widths: number[][];
  };
  /** Bitsets of the 5L vectors, in the order s1 .. s5 of block 0, of block 1, ...; see bitset.ts. */
  masks: { encoding: typeof MASK_ENCODING; vectors: string[] };
}
