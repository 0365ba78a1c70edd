// Reads receipt.json from outside: every field checked, counts recomputed from the masks, and the masks given back for a model.
import { invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { gateCosts, keptInBlock } from "../../masks/budget.ts";
import { gateLayout, VECTOR_NAMES, VECTORS_PER_BLOCK, type Masks } from "../../masks/gates.ts";
import {
  checkRecipe,
  DEFAULT_RECIPE,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  recipeJson,
  type Recipe,
} from "../../recipes/recipe.ts";
import { unpackBits } from "../files/bitset.ts";
import type { JsonField } from "../../json/jsonFields.ts";
import { MASK_ENCODING, RECEIPT_FILE, TARGETS, type Receipt } from "./receipt.ts";
import { checkSameModel, readReceiptBase, readShare, receiptRoot } from "./receiptFields.ts";

/**
 * A receipt from the text of receipt.json; fields that it does not know are dropped. Throws "format" naming the field that is missing
 * or of the wrong kind, or where widths, masks and kept weights contradict each other; "config" for a recipe out of bounds.
 */
export function readReceipt(text: string, file = RECEIPT_FILE): Receipt {
  const root = receiptRoot(text, file);
  const { calibration, perplexity, checks, sample, ...head } = readReceiptBase(root);
  const kept = root.get("kept");
  const masks = root.get("masks");
  const target = root.get("target");
  const receipt: Receipt = {
    ...head,
    recipe: recipeJson(readReceiptRecipe(root.get("recipe"))),
    target: { ratio: target.get("ratio").oneOf(TARGETS), value: target.get("value").number({ min: 0, max: 1 }) },
    trainedSteps: root.get("trainedSteps").count(),
    calibration,
    kept: {
      blockWeights: readShare(kept.get("blockWeights")),
      modelWeights: readShare(kept.get("modelWeights")),
      compactBytes: readShare(kept.get("compactBytes")),
      widths: kept.get("widths").list(head.model.layers).map(readWidths),
    },
    masks: {
      encoding: masks.get("encoding").oneOf([MASK_ENCODING]),
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
  return unpackMasks(receipt, gateLayout(config).sizes);
}

function unpackMasks({ masks }: Receipt, sizes: readonly number[]): Masks {
  return sizes.map((size, vector) => unpackBits(masks.vectors[vector] ?? "", size, `masks.vectors[${vector}]`));
}

/** Recounts the masks: the widths and the kept block weights (METHOD.md 1.4) have to be theirs. */
function checkCounts(receipt: Receipt, file: string): void {
  const { model, kept } = receipt;
  const { layers, dModel, dMlp } = model;
  const sizes = Array.from({ length: layers }, () => [dModel, dModel, dModel, dMlp, dModel]).flat();
  const masks = unpackMasks(receipt, sizes);
  const widths = kept.widths.flat();
  masks.forEach((mask, vector) => {
    const ones = mask.reduce((sum, bit) => sum + bit, 0);
    const name = `${VECTOR_NAMES[vector % VECTORS_PER_BLOCK] ?? "?"} of block ${Math.floor(vector / VECTORS_PER_BLOCK)}`;
    invariant(
      ones === widths[vector],
      "format",
      `${file}: kept.widths: ${widths[vector] ?? 0} for ${name}, but its mask keeps ${ones}; the file was changed`,
    );
  });
  const costs = gateCosts(model);
  const total = (counts: readonly number[]): number =>
    kept.widths.reduce((sum, _, block) => sum + keptInBlock(costs, counts, block), 0);
  const [counted, all] = [total(widths), total(sizes)];
  invariant(
    kept.blockWeights.kept === counted && kept.blockWeights.of === all,
    "format",
    `${file}: kept.blockWeights: ${kept.blockWeights.kept} of ${kept.blockWeights.of}, but the masks keep ${counted} of ${all}; the file was changed`,
  );
  const { modelWeights, blockWeights } = kept;
  invariant(
    modelWeights.of - modelWeights.kept === blockWeights.of - blockWeights.kept,
    "format",
    `${file}: kept.modelWeights: ${modelWeights.kept} of ${modelWeights.of}, but only block weights are pruned; the file was changed`,
  );
}

/** Recipe of a structural run. Throws "format" or "config" naming the field. */
export function readReceiptRecipe(field: JsonField): Recipe {
  // receipts of older versions know one ratio only, and the whole method only
  const told = field.get("ratioMode").value !== undefined;
  return checkRecipe({
    method: field.get("method").oneOf(["disp"]),
    gates: field.get("gates").value === undefined ? DEFAULT_RECIPE.gates : field.get("gates").oneOf(GATE_MODES),
    ratioMode: told ? field.get("ratioMode").oneOf(RATIO_MODES) : DEFAULT_RECIPE.ratioMode,
    ratioFrom: told ? field.get("keepFrom").number() : DEFAULT_RECIPE.ratioFrom,
    ratioTo: told ? field.get("keepTo").number() : DEFAULT_RECIPE.ratioTo,
    ratio: field.get("keep").number(),
    estimator: field.get("estimator").oneOf(ESTIMATORS),
    steps: field.get("steps").number(),
    tokens: field.get("tokens").number(),
    lambda: field.get("lambda").number(),
    learningRate: field.get("learningRate").number(),
    weightDecay: field.get("weightDecay").number(),
    seed: field.get("seed").number(),
    checkpointEvery: field.get("checkpointEvery").number(),
  });
}

function readWidths(field: JsonField): number[] {
  return field.list(VECTORS_PER_BLOCK).map((width) => width.count());
}
