// Reads receipt.json: checks every field, recounts what the masks keep, and unpacks the masks for a model.
import { S2, S4, S5, vectorSizes, VECTORS_PER_BLOCK, VECTOR_NAMES } from "../../../shared/vectors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { gateCosts, keptInBlock } from "../../masks/budget.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import {
  checkRecipe,
  DEFAULT_RECIPE,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  recipeJson,
  type Recipe,
  type WidthMultiple,
} from "../../recipes/recipe.ts";
import { readTargets } from "../../recipes/targets.ts";
import { countOnes, unpackBits } from "../files/bitset.ts";
import { readError } from "../files/readError.ts";
import type { JsonField } from "../../json/jsonFields.ts";
import { RECEIPT_FILE } from "./receipt.ts";
import { MASK_ENCODING, TARGETS, type Receipt } from "./receiptTypes.ts";
import { checkSameModel, jsonRoot, ORIGINAL_FILE, readEncoding, readReceiptBase, readShare } from "./receiptFields.ts";

/** The encoding as receipts of older versions word it. */
const OLDER_ENCODING = "base64; one bit a gate, eight a byte, first gate in the lowest bit";

/**
 * Parses the text of receipt.json; unknown fields are dropped. Throws "format" naming the field that is missing or of the wrong kind,
 * or where widths, masks and kept weights contradict each other; "config" for a recipe out of bounds.
 */
export function readReceipt(text: string, file = RECEIPT_FILE): Receipt {
  const root = jsonRoot(text, file);
  const { calibration, perplexity, checks, sample, ...head } = readReceiptBase(root);
  const kept = root.get("kept");
  const masks = root.get("masks");
  const target = root.get("target");
  const targets = root.get("targets");
  const receipt: Receipt = {
    ...head,
    recipe: recipeJson(readReceiptRecipe(root.get("recipe"))),
    target: { ratio: target.get("ratio").oneOf(TARGETS), value: target.get("value").number({ min: 0, max: 1 }) },
    ...(targets.value === undefined ? {} : { targets: readTargets(targets) }),
    trainedSteps: root.get("trainedSteps").count(),
    calibration,
    kept: {
      blockWeights: readShare(kept.get("blockWeights")),
      modelWeights: readShare(kept.get("modelWeights")),
      compactBytes: readShare(kept.get("compactBytes")),
      widths: kept.get("widths").list(head.model.layers).map(readWidths),
    },
    masks: {
      encoding: readEncoding(masks.get("encoding"), MASK_ENCODING, OLDER_ENCODING),
      vectors: masks
        .get("vectors")
        .list(head.model.layers * VECTORS_PER_BLOCK)
        .map((vector) => vector.text()),
    },
    ...{ perplexity, checks },
    ...(sample ? { sample } : {}),
  };
  checkCounts(receipt, file);
  return receipt;
}

/** The masks of a receipt for the model that it was made from. Throws "shape" where `config` is another model's. */
export function masksFromReceipt(receipt: Receipt, config: ModelConfig): Masks {
  checkSameModel(receipt, config);
  return unpackMasks(receipt, gateLayout(config).sizes, RECEIPT_FILE);
}

function unpackMasks({ masks }: Receipt, sizes: readonly number[], file: string): Masks {
  return sizes.map((size, vector) =>
    unpackBits(masks.vectors[vector] ?? "", size, `${file}: masks.vectors[${vector}]`),
  );
}

/** Recounts the masks: the widths and the kept block weights (METHOD.md 1.4) must agree with them. */
function checkCounts(receipt: Receipt, file: string): void {
  const { model, kept } = receipt;
  const { layers } = model;
  const refuse = (field: string, expected: string, got: string) =>
    readError({ file, field: `kept.${field}`, expected, got, advice: ORIGINAL_FILE });
  const sizes = Array.from({ length: layers }, () => vectorSizes(model)).flat();
  const masks = unpackMasks(receipt, sizes, file);
  const widths = kept.widths.flat();
  masks.forEach((mask, vector) => {
    const ones = countOnes(mask);
    if (ones === widths[vector]) return;
    const name = `${VECTOR_NAMES[vector % VECTORS_PER_BLOCK] ?? "?"} of block ${Math.floor(vector / VECTORS_PER_BLOCK)}`;
    throw refuse("widths", `${ones} for ${name}, the ones in its mask`, String(widths[vector] ?? 0));
  });
  const costs = gateCosts(model);
  const total = (counts: readonly number[]): number =>
    kept.widths.reduce((sum, _, block) => sum + keptInBlock(costs, counts, block), 0);
  const [counted, all] = [total(widths), total(sizes)];
  const { blockWeights, modelWeights } = kept;
  const shown = (share: { kept: number; of: number }): string => `${share.kept} of ${share.of}`;
  if (blockWeights.kept !== counted || blockWeights.of !== all) {
    throw refuse("blockWeights", `${counted} of ${all}, counted from the masks`, shown(blockWeights));
  }
  const [gone, goneInBlocks] = [modelWeights.of - modelWeights.kept, blockWeights.of - blockWeights.kept];
  if (!prunedBiases(sizes, widths, costs.ups).includes(gone - goneInBlocks)) {
    const expected = `${goneInBlocks} pruned, as in blockWeights, and the biases of pruned outputs`;
    throw refuse("modelWeights", expected, `${gone} (${shown(modelWeights)} kept)`);
  }
}

/** How many biases may be pruned: none, those of o, those of the MLP, or both. The receipt does not state which of them the model has. */
function prunedBiases(sizes: readonly number[], widths: readonly number[], ups: number): number[] {
  const pruned = (vector: number): number =>
    sizes.reduce((sum, size, i) => sum + (i % VECTORS_PER_BLOCK === vector ? size - (widths[i] ?? 0) : 0), 0);
  const [o, mlp] = [pruned(S2), ups * pruned(S4) + pruned(S5)];
  return [0, o, mlp, o + mlp];
}

/** The recipe of a structural run. Throws "format" or "config" naming the field. */
export function readReceiptRecipe(field: JsonField): Recipe {
  // Receipts of older versions have no ratioMode (always one ratio), no gates (always the full method) and no widthMultiple (always 1).
  const hasRatioMode = field.get("ratioMode").value !== undefined;
  const recipe: Recipe = {
    method: field.get("method").oneOf(["disp"]),
    gates: field.get("gates").value === undefined ? DEFAULT_RECIPE.gates : field.get("gates").oneOf(GATE_MODES),
    widthMultiple: readWidthMultiple(field.get("widthMultiple")),
    ratioMode: hasRatioMode ? field.get("ratioMode").oneOf(RATIO_MODES) : DEFAULT_RECIPE.ratioMode,
    ratioFrom: hasRatioMode ? field.get("keepFrom").number() : DEFAULT_RECIPE.ratioFrom,
    ratioTo: hasRatioMode ? field.get("keepTo").number() : DEFAULT_RECIPE.ratioTo,
    ratio: field.get("keep").number(),
    estimator: field.get("estimator").oneOf(ESTIMATORS),
    steps: field.get("steps").number(),
    tokens: field.get("tokens").number(),
    lambda: field.get("lambda").number(),
    learningRate: field.get("learningRate").number(),
    weightDecay: field.get("weightDecay").number(),
    seed: field.get("seed").number(),
    checkpointEvery: field.get("checkpointEvery").number(),
  };
  return field.checked(() => checkRecipe(recipe));
}

function readWidthMultiple(field: JsonField): WidthMultiple {
  // `checkRecipe` refuses other numbers
  return field.value === undefined ? DEFAULT_RECIPE.widthMultiple : (field.number() as WidthMultiple);
}

function readWidths(field: JsonField): number[] {
  return field.list(VECTORS_PER_BLOCK).map((width) => width.count());
}
