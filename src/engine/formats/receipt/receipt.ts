// receipt.json: how a pruned model was made, what of it is kept, what that costs, and how the export was checked (formats.md).
import { invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { budgetOf, compactBytes, countsOf, keptTotalWeights, keptWeights, type Budget } from "../../masks/budget.ts";
import { checkMasks } from "../../masks/compact.ts";
import { byBlock, type Masks } from "../../masks/gates.ts";
import { recipeJson, type Recipe, type RecipeJson } from "../../recipes/recipe.ts";
import { packBits } from "../files/bitset.ts";
import { dtypeBytes, type FloatDtype, type Precision } from "../../dtype.ts";
import type { LogitSample } from "./logitSample.ts";
import { jsonFile, type OutputFile } from "../files/outputFile.ts";

export const RECEIPT_FILE = "receipt.json";
export const RECEIPT_FORMAT = 1;
export const MASK_ENCODING = "base64; one bit a gate, eight a byte, first gate in the lowest bit";

export const FORMS = ["masked", "compact", "onnx"] as const;
/** The forms of one pruned model (formats.md). */
export type Form = (typeof FORMS)[number];

export const TARGETS = ["block weights kept", "whole model pruned"] as const;
/** What was asked, and which ratio that is: a kept share of the block weights, or a pruned share of the whole model. */
export interface Target {
  ratio: (typeof TARGETS)[number];
  value: number;
}

/** A text by name and the SHA-256 of its UTF-8 bytes, in hexadecimal. */
export interface TextRef {
  name: string;
  sha256: string;
}

/** Perplexity before and after, on the same text and windows (METHOD.md 4). */
export interface PerplexityPair {
  text: TextRef;
  /** Window length in tokens. */
  context: number;
  /** Tokens of the text that were used. */
  tokens: number;
  /** Whether every window began with the tokenizer's begin token. */
  beginToken: boolean;
  dense: number;
  pruned: number;
}

/** One form, opened again by one runtime and compared with the studio's own forward. */
export interface FormCheck {
  form: Form;
  /** Element type of the weights in its files; `model.dtype` is the base model's. */
  dtype: FloatDtype;
  runtime: string;
  version: string;
  /** Tokens whose logits were compared. */
  tokens: number;
  maxAbsLogitDifference: number;
  /** Share of positions with the same largest logit, 0 to 1. */
  argmaxAgreement: number;
}

export interface Share {
  kept: number;
  of: number;
}

/** The shape of the unpruned model, as far as counting needs it. */
export interface ReceiptModel {
  name: string;
  /** Licence of the base model as its own card states it, or "not stated". */
  licence: string;
  modelType: string;
  /** As the base model stores its weights; an export may have been converted (see FormCheck). */
  dtype: FloatDtype;
  layers: number;
  dModel: number;
  dMlp: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  glu: boolean;
}

/** What receipts of every method say. */
export interface ReceiptBase {
  format: typeof RECEIPT_FORMAT;
  program: { name: "Espalier"; version: string };
  /** The GPU adapter that the run was on, in its own words. */
  adapter: string;
  /** How the run held the model's matrices, where not as f32: its logits and perplexities are of weights rounded so. */
  precision?: "f16";
  model: ReceiptModel;
  /** The text that was trained or calibrated on. */
  calibration: TextRef;
  perplexity: PerplexityPair[];
  checks: FormCheck[];
  /** Some logits of the pruned model; receipts of older versions have none. */
  sample?: LogitSample;
}

/** The receipt of structural pruning (DISP-LLM). */
export interface Receipt extends ReceiptBase {
  recipe: RecipeJson;
  target: Target;
  /** Steps that were really trained: fewer than the recipe's where the run was stopped. */
  trainedSteps: number;
  kept: {
    blockWeights: Share;
    /** Parameters of the whole model. */
    modelWeights: Share;
    /** Bytes of the tensors: compact form (index lists counted) against the unpruned model, both in the model's dtype. */
    compactBytes: Share;
    /** |s1| .. |s5| of every block. */
    widths: number[][];
  };
  /** Bitsets of the 5L vectors, in the order s1 .. s5 of block 0, of block 1, ...; see bitset.ts. */
  masks: { encoding: typeof MASK_ENCODING; vectors: string[] };
}

/** What no receipt can work out for itself. */
export interface ReceiptBaseInput {
  version: string;
  adapter: string;
  modelName: string;
  licence: string;
  config: ModelConfig;
  dtype: FloatDtype;
  precision: Precision;
  calibration: TextRef;
  perplexity: readonly PerplexityPair[];
  checks: readonly FormCheck[];
  sample?: LogitSample;
}

export interface ReceiptInput extends ReceiptBaseInput {
  masks: Masks;
  recipe: Recipe;
  target: Target;
  trainedSteps: number;
}

/** Throws "not-finite" for a number that JSON cannot hold. */
export function receiptBase(input: ReceiptBaseInput): ReceiptBase {
  const numbers = [
    ...input.perplexity.flatMap(({ dense, pruned }) => [dense, pruned]),
    ...input.checks.flatMap(({ maxAbsLogitDifference, argmaxAgreement }) => [maxAbsLogitDifference, argmaxAgreement]),
    ...(input.sample?.top.flatMap(({ logits }) => logits) ?? []),
  ];
  invariant(
    numbers.every(Number.isFinite),
    "not-finite",
    `expected finite numbers in a receipt, got ${numbers.join(", ")}; evaluate again`,
  );
  const { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, glu } = input.config;
  const shape = { layers, dModel, dMlp, heads, kvHeads, headDim, glu };
  return {
    format: RECEIPT_FORMAT,
    program: { name: "Espalier", version: input.version },
    adapter: input.adapter,
    ...(input.precision === "f16" ? { precision: "f16" } : {}),
    model: { name: input.modelName, licence: input.licence, modelType, dtype: input.dtype, ...shape },
    calibration: input.calibration,
    perplexity: [...input.perplexity],
    checks: [...input.checks],
    ...(input.sample ? { sample: input.sample } : {}),
  };
}

/** Counts, packs and puts together. Throws "shape" for masks of another model, "not-finite" for a number that JSON cannot hold. */
export function buildReceipt(input: ReceiptInput): Receipt {
  const { config, masks, dtype, target } = input;
  checkMasks(config, masks);
  invariant(Number.isFinite(target.value), "not-finite", `expected a finite target, got ${target.value}`);
  const budget = budgetOf(config);
  const counts = countsOf(masks);
  const { calibration, perplexity, checks, sample, ...head } = receiptBase(input);
  return {
    ...head,
    recipe: recipeJson(input.recipe),
    target,
    trainedSteps: input.trainedSteps,
    calibration,
    kept: keptOfModel(budget, counts, dtype),
    masks: { encoding: MASK_ENCODING, vectors: masks.map(packBits) },
    ...{ perplexity, checks },
    ...(sample ? { sample } : {}),
  };
}

function keptOfModel(budget: Budget, counts: readonly number[], dtype: FloatDtype): Receipt["kept"] {
  const bytesPerWeight = dtypeBytes(dtype);
  return {
    blockWeights: { kept: keptWeights(budget, counts), of: budget.blockWeights },
    modelWeights: { kept: keptTotalWeights(budget, counts), of: budget.totalWeights },
    compactBytes: {
      kept: compactBytes(budget, counts, bytesPerWeight),
      of: budget.totalWeights * bytesPerWeight,
    },
    widths: byBlock(counts),
  };
}

/** receipt.json, ready to be written beside an export. */
export function receiptFile(receipt: ReceiptBase): OutputFile {
  return jsonFile(RECEIPT_FILE, receipt);
}
