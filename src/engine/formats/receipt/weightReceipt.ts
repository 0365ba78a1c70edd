// The receipt of a model with pruned single weights, written and read: recipe, counts per matrix, masks as bitsets.
import { countParameters, type ModelConfig } from "../../config/config.ts";
import { mlpMatrices } from "../../masks/mlpMatrices.ts";
import { keptInMask, masksByName, type WeightMask, type WeightMasks, weightsOf } from "../../masks/weightMasks.ts";
import { checkWeightRecipe, WEIGHT_METHODS, type WeightRecipe } from "../../recipes/weightRecipe.ts";
import { packWords, unpackWords } from "../files/bitset.ts";
import { readError } from "../files/readError.ts";
import type { JsonField } from "../../json/jsonFields.ts";
import { RECEIPT_FILE, receiptBase, type ReceiptBaseInput } from "./receipt.ts";
import type { ReceiptBase, Share } from "./receiptTypes.ts";
import type { Form } from "../files/forms.ts";
import { checkSameModel, jsonRoot, ORIGINAL_FILE, readEncoding, readReceiptBase, readShare } from "./receiptFields.ts";

const WEIGHT_MASK_ENCODING =
  "base64; one bit per weight, row by row, eight per byte, first weight in the lowest bit; 1 is kept";
/** The encoding as receipts of older versions word it. */
const OLDER_ENCODING = "base64; one bit a weight, row by row, eight a byte, first weight in the lowest bit; 1 is kept";

/** The forms of a model whose single weights are pruned: dense, with zeros. */
export const WEIGHT_FORMS = ["masked", "gguf-masked"] as const satisfies readonly Form[];
export type WeightForm = (typeof WEIGHT_FORMS)[number];

export const isWeightForm = (form: Form): form is WeightForm => WEIGHT_FORMS.some((known) => known === form);

/** One matrix: its tensor's name, how many weights it keeps, and which (base64). */
interface MatrixReceipt extends Share {
  name: string;
  mask: string;
}

export interface WeightReceipt extends ReceiptBase {
  recipe: WeightRecipe;
  /** Whether the kept weights were changed (by SparseGPT or a recovery): then the masks alone cannot recreate the pruned model. */
  updated: boolean;
  kept: { mlpWeights: Share; blockWeights: Share; modelWeights: Share };
  masks: { encoding: typeof WEIGHT_MASK_ENCODING; matrices: MatrixReceipt[] };
}

export interface WeightReceiptInput extends ReceiptBaseInput {
  recipe: WeightRecipe;
  masks: WeightMasks;
}

/** Throws "shape" for masks of another model, "not-finite" for a number that JSON cannot express. */
export function buildWeightReceipt(input: WeightReceiptInput): WeightReceipt {
  const { config, masks, recipe } = input;
  masksByName(config, masks);
  const matrices = masks.map((mask): MatrixReceipt => {
    const of = weightsOf(mask.matrix);
    return { name: mask.matrix.name, kept: keptInMask(mask), of, mask: packWords(mask.bits, of) };
  });
  const { calibration, perplexity, checks, sample, ...head } = receiptBase(input);
  return {
    ...head,
    recipe,
    updated: recipe.method === "sparsegpt" || input.recovery !== undefined,
    calibration,
    kept: keptShares(config, sharesOf(matrices)),
    masks: { encoding: WEIGHT_MASK_ENCODING, matrices },
    ...{ perplexity, checks },
    ...(sample ? { sample } : {}),
  };
}

const sharesOf = (matrices: readonly Share[]): Share =>
  matrices.reduce((sum, { kept, of }) => ({ kept: sum.kept + kept, of: sum.of + of }), { kept: 0, of: 0 });

/** What is kept of the MLP's matrices, of all block weights and of the entire model's parameters. */
export function keptShares(config: ModelConfig, mlpWeights: Share): WeightReceipt["kept"] {
  const { blocks, total } = countParameters(config);
  const gone = mlpWeights.of - mlpWeights.kept;
  return {
    mlpWeights,
    blockWeights: { kept: blocks - gone, of: blocks },
    modelWeights: { kept: total - gone, of: total },
  };
}

/** Whether a text is the receipt of weight pruning; `readReceipt` reads all others. */
export function isWeightReceipt(text: string, file = RECEIPT_FILE): boolean {
  const method = jsonRoot(text, file).get("recipe").get("method").value;
  return WEIGHT_METHODS.some((known) => known === method);
}

/**
 * Parses the text of a receipt. Throws "format" naming the field that is missing, of the wrong kind or contradicts another; "config"
 * for a recipe out of bounds.
 */
export function readWeightReceipt(text: string, file = RECEIPT_FILE): WeightReceipt {
  const root = jsonRoot(text, file);
  const kept = root.get("kept");
  const masks = root.get("masks");
  const { calibration, perplexity, checks, sample, ...head } = readReceiptBase(root);
  const receipt: WeightReceipt = {
    ...head,
    recipe: readWeightRecipe(root.get("recipe")),
    updated: root.get("updated").flag(),
    calibration,
    kept: {
      mlpWeights: readShare(kept.get("mlpWeights")),
      blockWeights: readShare(kept.get("blockWeights")),
      modelWeights: readShare(kept.get("modelWeights")),
    },
    masks: {
      encoding: readEncoding(masks.get("encoding"), WEIGHT_MASK_ENCODING, OLDER_ENCODING),
      matrices: masks
        .get("matrices")
        .list()
        .map((matrix) => {
          return { name: matrix.get("name").text(), ...readShare(matrix), mask: matrix.get("mask").text() };
        }),
    },
    ...{ perplexity, checks },
    ...(sample ? { sample } : {}),
  };
  const { kept: counted, of } = sharesOf(receipt.masks.matrices);
  const stated = receipt.kept.mlpWeights;
  if (counted === stated.kept && of === stated.of) return receipt;
  throw readError({
    file,
    field: "kept.mlpWeights",
    expected: `${counted} of ${of}, the sum over its matrices`,
    got: `${stated.kept} of ${stated.of}`,
    advice: ORIGINAL_FILE,
  });
}

/** Throws "format" or "config" naming the field. */
export function readWeightRecipe(field: JsonField): WeightRecipe {
  const recipe: WeightRecipe = {
    method: field.get("method").oneOf(WEIGHT_METHODS),
    pattern: field.get("pattern").text(),
    sequences: field.get("sequences").number(),
    tokens: field.get("tokens").number(),
    seed: field.get("seed").number(),
  };
  return field.checked(() => checkWeightRecipe(recipe));
}

/**
 * The masks of a receipt for the model that it was made from. Throws "shape" where `config` is another model's, "format" where a mask
 * is missing or contradicts its count.
 */
export function weightMasksFromReceipt(receipt: WeightReceipt, config: ModelConfig): WeightMasks {
  checkSameModel(receipt, config);
  const byName = new Map(receipt.masks.matrices.map((matrix) => [matrix.name, matrix]));
  return mlpMatrices(config).map((matrix): WeightMask => {
    const field = `masks.matrices: ${matrix.name}`;
    const refuse = (expected: string, got: string) =>
      readError({ file: RECEIPT_FILE, field, expected, got, advice: ORIGINAL_FILE });
    const found = byName.get(matrix.name);
    if (!found) throw refuse("a mask for this matrix", "none");
    const mask = { matrix, bits: unpackWords(found.mask, weightsOf(matrix), `${RECEIPT_FILE}: ${field}`) };
    const ones = keptInMask(mask);
    if (ones !== found.kept) throw refuse(`${ones} kept, the ones in its mask`, String(found.kept));
    return mask;
  });
}
