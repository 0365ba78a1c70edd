// The fields that receipts of every method have, read from outside: each checked, refusals named by field.
import { EngineError, invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { FLOAT_DTYPES, type FloatDtype } from "../../dtype.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { readLogitSample } from "./logitSample.ts";
import {
  FORMS,
  RECEIPT_FORMAT,
  type FormCheck,
  type PerplexityPair,
  type ReceiptBase,
  type ReceiptModel,
  type Share,
  type TextRef,
} from "./receipt.ts";

/** The root of a receipt's text. Throws "format" where it is not JSON. */
export function receiptRoot(text: string, file: string): JsonField {
  try {
    return new JsonField(JSON.parse(text) as unknown, file);
  } catch (error) {
    throw new EngineError("format", `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws "format" naming the field that is missing or of the wrong kind. */
export function readReceiptBase(root: JsonField): ReceiptBase {
  const program = root.get("program");
  const sample = root.get("sample");
  const format = root.get("format").oneOf([RECEIPT_FORMAT]);
  const model = readModel(root.get("model"));
  return {
    format,
    program: { name: program.get("name").oneOf(["Espalier"]), version: program.get("version").text() },
    adapter: root.get("adapter").text(),
    ...(root.get("precision").value === undefined ? {} : { precision: root.get("precision").oneOf(["f16"]) }),
    model,
    calibration: readTextRef(root.get("calibration")),
    perplexity: root.get("perplexity").list().map(readPerplexity),
    checks: root
      .get("checks")
      .list()
      .map((check) => readCheck(check, model.dtype)),
    ...(sample.value === undefined ? {} : { sample: readLogitSample(sample) }),
  };
}

/** Throws "shape" where the receipt was made for another model. */
export function checkSameModel({ model }: ReceiptBase, config: ModelConfig): void {
  for (const field of ["modelType", "layers", "dModel", "dMlp", "heads", "kvHeads", "headDim", "glu"] as const) {
    invariant(
      model[field] === config[field],
      "shape",
      `the receipt was made for ${model.name} with ${field} ${model[field]}; this model has ${config[field]}; open the model it was made from`,
    );
  }
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

export function readShare(field: JsonField): Share {
  return { kept: field.get("kept").count(), of: field.get("of").count() };
}

export function readTextRef(field: JsonField): TextRef {
  const sha256 = field.get("sha256");
  if (!/^[0-9a-f]{64}$/.test(sha256.text())) sha256.refuse("64 hexadecimal digits");
  return { name: field.get("name").text(), sha256: sha256.text() };
}

export function readPerplexity(field: JsonField): PerplexityPair {
  return {
    text: readTextRef(field.get("text")),
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
