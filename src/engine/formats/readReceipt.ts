// Reads receipt.json from outside: every field checked, counts recomputed from the masks, and the masks given back for a model.
import { EngineError, invariant } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { gateCosts, keptInBlock } from "../prune/budget.ts";
import { gateLayout, VECTOR_NAMES, VECTORS_PER_BLOCK, type Masks } from "../prune/gates.ts";
import { checkRecipe, DEFAULT_RECIPE, ESTIMATORS, RATIO_MODES, type Recipe } from "../train/recipe.ts";
import { unpackBits } from "./bitset.ts";
import { FLOAT_DTYPES, type FloatDtype } from "./dtype.ts";
import { JsonField } from "./jsonFields.ts";
import { readLogitSample } from "./logitSample.ts";
import {
  FORMS,
  MASK_ENCODING,
  RECEIPT_FILE,
  RECEIPT_FORMAT,
  TARGETS,
  type FormCheck,
  type PerplexityPair,
  type Receipt,
  type ReceiptModel,
  type Share,
  type TextRef,
} from "./receipt.ts";

/**
 * A receipt from the text of receipt.json; fields that it does not know are dropped. Throws "format" naming the field that is missing
 * or of the wrong kind, or where widths, masks and kept weights contradict each other; "config" for a recipe out of bounds.
 */
export function readReceipt(text: string, file = RECEIPT_FILE): Receipt {
  let json: unknown;
  try {
    json = JSON.parse(text) as unknown;
  } catch (error) {
    throw new EngineError("format", `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const root = new JsonField(json, file);
  const format = root.get("format").oneOf([RECEIPT_FORMAT]);
  const program = root.get("program");
  const kept = root.get("kept");
  const masks = root.get("masks");
  const model = readModel(root.get("model"));
  const target = root.get("target");
  const sample = root.get("sample");
  const receipt: Receipt = {
    format,
    program: { name: program.get("name").oneOf(["Espalier"]), version: program.get("version").text() },
    adapter: root.get("adapter").text(),
    ...(root.get("precision").value === undefined ? {} : { precision: root.get("precision").oneOf(["f16"]) }),
    model,
    recipe: readRecipe(root.get("recipe")),
    target: { ratio: target.get("ratio").oneOf(TARGETS), value: target.get("value").number({ min: 0, max: 1 }) },
    trainedSteps: root.get("trainedSteps").count(),
    calibration: readText(root.get("calibration")),
    kept: {
      blockWeights: readShare(kept.get("blockWeights")),
      modelWeights: readShare(kept.get("modelWeights")),
      compactBytes: readShare(kept.get("compactBytes")),
      widths: kept.get("widths").list(model.layers).map(readWidths),
    },
    masks: {
      encoding: masks.get("encoding").oneOf([MASK_ENCODING]),
      vectors: masks
        .get("vectors")
        .list(model.layers * VECTORS_PER_BLOCK)
        .map((vector) => vector.text()),
    },
    perplexity: root.get("perplexity").list().map(readPerplexity),
    checks: root
      .get("checks")
      .list()
      .map((check) => readCheck(check, model.dtype)),
    ...(sample.value === undefined ? {} : { sample: readLogitSample(sample) }),
  };
  checkCounts(receipt, file);
  return receipt;
}

/** The masks of a receipt for the model that it was made from. Throws "shape" where `config` is another model's. */
export function masksFromReceipt(receipt: Receipt, config: ModelConfig): Masks {
  const { model } = receipt;
  for (const field of ["modelType", "layers", "dModel", "dMlp", "heads", "kvHeads", "headDim", "glu"] as const) {
    invariant(
      model[field] === config[field],
      "shape",
      `the receipt was made for ${model.name} with ${field} ${model[field]}; this model has ${config[field]}; open the model it was made from`,
    );
  }
  return unpackMasks(receipt, gateLayout(config).sizes);
}

function unpackMasks({ masks }: Receipt, sizes: readonly number[]): Masks {
  return sizes.map((size, vector) => unpackBits(masks.vectors[vector] ?? "", size, `masks.vectors[${vector}]`));
}

/** Recounts the masks: the widths and the kept block weights (method.md 1.4) have to be theirs. */
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

function readModel(field: JsonField): ReceiptModel {
  const count = (name: string): number => field.get(name).number({ min: 1, max: 1e9, whole: true });
  return {
    name: field.get("name").text(),
    licence: field.get("licence").text(),
    modelType: field.get("modelType").text(),
    dtype: field.get("dtype").oneOf(FLOAT_DTYPES),
    layers: count("layers"),
    dModel: count("dModel"),
    dMlp: count("dMlp"),
    heads: count("heads"),
    kvHeads: count("kvHeads"),
    headDim: count("headDim"),
    glu: field.get("glu").flag(),
  };
}

function readRecipe(field: JsonField): Recipe {
  // receipts of older versions know one ratio only
  const told = field.get("ratioMode").value !== undefined;
  return checkRecipe({
    method: field.get("method").oneOf(["disp"]),
    ratioMode: told ? field.get("ratioMode").oneOf(RATIO_MODES) : DEFAULT_RECIPE.ratioMode,
    keepFrom: told ? field.get("keepFrom").number() : DEFAULT_RECIPE.keepFrom,
    keepTo: told ? field.get("keepTo").number() : DEFAULT_RECIPE.keepTo,
    keep: field.get("keep").number(),
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

function readShare(field: JsonField): Share {
  return { kept: field.get("kept").count(), of: field.get("of").count() };
}

function readWidths(field: JsonField): number[] {
  return field.list(VECTORS_PER_BLOCK).map((width) => width.count());
}

function readText(field: JsonField): TextRef {
  const sha256 = field.get("sha256");
  if (!/^[0-9a-f]{64}$/.test(sha256.text())) sha256.refuse("64 hexadecimal digits");
  return { name: field.get("name").text(), sha256: sha256.text() };
}

function readPerplexity(field: JsonField): PerplexityPair {
  return {
    text: readText(field.get("text")),
    context: field.get("context").count(),
    tokens: field.get("tokens").count(),
    beginToken: field.get("beginToken").flag(),
    dense: field.get("dense").number({ min: 1 }),
    pruned: field.get("pruned").number({ min: 1 }),
  };
}

/** Receipts of older versions do not say which dtype was written: it was the model's unless another was chosen. */
function readCheck(field: JsonField, modelDtype: FloatDtype): FormCheck {
  const dtype = field.get("dtype");
  return {
    form: field.get("form").oneOf(FORMS),
    dtype: dtype.value === undefined ? modelDtype : dtype.oneOf(FLOAT_DTYPES),
    runtime: field.get("runtime").text(),
    version: field.get("version").text(),
    tokens: field.get("tokens").count(),
    maxAbsLogitDifference: field.get("maxAbsLogitDifference").number({ min: 0 }),
    argmaxAgreement: field.get("argmaxAgreement").number({ min: 0, max: 1 }),
  };
}
