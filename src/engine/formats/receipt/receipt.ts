// receipt.json: how a pruned model was made, what it keeps, its perplexity, and how the export was checked (docs/formats.md).
import { invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { budgetOf, compactBytes, countsOf, keptTotalWeights, keptWeights, type Budget } from "../../masks/budget.ts";
import { checkMasks } from "../../masks/compact.ts";
import { byBlock, type Masks } from "../../masks/gates.ts";
import { recipeJson, type Recipe } from "../../recipes/recipe.ts";
import type { Targets } from "../../recipes/targets.ts";
import { packBits } from "../files/bitset.ts";
import { dtypeBytes, type FloatDtype, type Precision } from "../../dtype.ts";
import type { MatmulTable } from "../../matmul/matmulTable.ts";
import type { LogitSample } from "./logitSample.ts";
import type { RecoveryReceipt } from "./recoveryReceipt.ts";
import { jsonFile, type OutputFile } from "../files/outputFile.ts";
import {
  type FormCheck,
  MASK_ENCODING,
  type PerplexityPair,
  RECEIPT_FORMAT,
  type Receipt,
  type ReceiptBase,
  type Target,
  type TextRef,
} from "./receiptTypes.ts";

export const RECEIPT_FILE = "receipt.json";

/** What a receipt cannot compute. */
export interface ReceiptBaseInput {
  version: string;
  adapter: string;
  host?: string;
  matmul?: MatmulTable;
  modelName: string;
  licence: string;
  config: ModelConfig;
  dtype: FloatDtype;
  precision: Precision;
  calibration: TextRef;
  recovery?: RecoveryReceipt;
  perplexity: readonly PerplexityPair[];
  checks: readonly FormCheck[];
  sample?: LogitSample;
}

export interface ReceiptInput extends ReceiptBaseInput {
  /** Of the weights that are written, which the bytes are counted for; default: dtype, the model's own. */
  written?: FloatDtype;
  masks: Masks;
  recipe: Recipe;
  target: Target;
  targets?: Targets;
  trainedSteps: number;
}

/** Throws "not-finite" for a number that JSON cannot express. */
export function receiptBase(input: ReceiptBaseInput): ReceiptBase {
  const numbers = [
    ...input.perplexity.flatMap(({ dense, pruned }) => [dense, pruned]),
    ...input.checks.flatMap(({ maxAbsLogitDifference, argmaxAgreement, perplexity = 1 }) => [
      maxAbsLogitDifference,
      argmaxAgreement,
      perplexity,
    ]),
    ...input.checks.flatMap(({ llama }) =>
      llama && "runtime" in llama ? [llama.maxAbsLogProbabilityDifference, llama.argmaxAgreement] : [],
    ),
    ...(input.sample?.top.flatMap(({ logits }) => logits) ?? []),
    ...(input.recovery ? [...Object.values(input.recovery.guard), input.recovery.prunedBefore] : []),
  ];
  invariant(
    numbers.every(Number.isFinite),
    "not-finite",
    `${RECEIPT_FILE}: expected finite numbers, got ${numbers.join(", ")}. Measure perplexity again.`,
  );
  const { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, glu } = input.config;
  const shape = { layers, dModel, dMlp, heads, kvHeads, headDim, glu };
  return {
    format: RECEIPT_FORMAT,
    program: { name: "Espalier", version: input.version },
    adapter: input.adapter,
    ...(input.host === undefined ? {} : { host: input.host }),
    ...(input.precision === "f16" ? { precision: "f16" } : {}),
    ...(input.matmul ? { matmul: input.matmul } : {}),
    model: { name: input.modelName, licence: input.licence, modelType, dtype: input.dtype, ...shape },
    calibration: input.calibration,
    ...(input.recovery ? { recovery: input.recovery } : {}),
    perplexity: [...input.perplexity],
    checks: [...input.checks],
    ...(input.sample ? { sample: input.sample } : {}),
  };
}

/** Builds the receipt: counts what the masks keep, and packs them. Throws "shape" for masks of another model, "not-finite" for a number that JSON cannot express. */
export function buildReceipt(input: ReceiptInput): Receipt {
  const { config, masks, dtype, target, written = dtype } = input;
  checkMasks(config, masks);
  invariant(
    Number.isFinite(target.value),
    "not-finite",
    `${RECEIPT_FILE}: target: expected a finite number, got ${target.value}`,
  );
  const budget = budgetOf(config);
  const counts = countsOf(masks);
  const { calibration, perplexity, checks, sample, ...head } = receiptBase(input);
  return {
    ...head,
    recipe: recipeJson(input.recipe),
    target,
    ...(input.targets ? { targets: input.targets } : {}),
    trainedSteps: input.trainedSteps,
    calibration,
    kept: keptOfModel(budget, counts, written),
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
