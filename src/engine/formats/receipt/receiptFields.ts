// Reads and checks the fields that receipts of all methods share; errors name the field.
import type { ModelConfig } from "../../config/config.ts";
import { readRecovery } from "./recoveryReceipt.ts";
import { FLOAT_DTYPES, type FloatDtype, OPENING_DTYPES, WEIGHT_TYPES } from "../../dtype.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { readMatmulTable } from "../../matmul/matmulTable.ts";
import { parseJson } from "../files/folder.ts";
import { readError } from "../files/readError.ts";
import { readLogitSample } from "./logitSample.ts";
import { RECEIPT_FILE } from "./receipt.ts";
import {
  type GgufRecord,
  type LlamaCheck,
  RECEIPT_FORMAT,
  type FormCheck,
  type PerplexityPair,
  type ReceiptBase,
  type ReceiptModel,
  type Share,
  type TextRef,
} from "./receiptTypes.ts";
import { FORMS } from "../files/forms.ts";

/** What to do about a file of Espalier that was edited or damaged. */
export const ORIGINAL_FILE = "The file was changed or damaged: use the original that Espalier wrote.";
const NEWER = "A newer Espalier may have written the file: update this one.";

/** Largest text of receipts and runs, which contain masks: about the longest text that browsers can have. */
const MASKS_BYTES = 500e6;

/** The root of a text in JSON. Throws "format" where it is not JSON. */
export function jsonRoot(text: string, file: string): JsonField {
  return new JsonField(
    parseJson(text, file, { advice: ORIGINAL_FILE, mostBytes: MASKS_BYTES }),
    file,
    "",
    ORIGINAL_FILE,
  );
}

/** The version of a format. Throws "format" for any other than `known`. */
export function readVersion<T extends string | number>(field: JsonField, known: T): T {
  if (field.value === known) return known;
  return field.value === undefined ? field.refuse(String(known)) : field.refuse(String(known), NEWER);
}

/** The encoding of masks, which is a sentence; returns the current wording also for files with an older one. */
export function readEncoding<T extends string>(field: JsonField, current: T, older: string): T {
  field.oneOf<string>([current, older]);
  return current;
}

/** Throws "format" naming the field that is missing or of the wrong kind. */
export function readReceiptBase(root: JsonField): ReceiptBase {
  const program = root.get("program");
  const sample = root.get("sample");
  const format = readVersion(root.get("format"), RECEIPT_FORMAT);
  const model = readModel(root.get("model"));
  return {
    format,
    program: { name: program.get("name").oneOf(["Espalier"]), version: program.get("version").text() },
    adapter: root.get("adapter").text(),
    ...(root.get("host").value === undefined ? {} : { host: root.get("host").text() }),
    ...(root.get("precision").value === undefined ? {} : { precision: root.get("precision").oneOf(["f16", "bf16"]) }),
    ...(root.get("matmul").value === undefined ? {} : { matmul: readMatmulTable(root.get("matmul")) }),
    model,
    calibration: readTextRef(root.get("calibration")),
    ...(root.get("recovery").value === undefined ? {} : { recovery: readRecovery(root.get("recovery")) }),
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
    if (model[field] === config[field]) continue;
    throw readError({
      file: RECEIPT_FILE,
      field: `model.${field}`,
      expected: `${config[field]}, as in the open model`,
      got: String(model[field]),
      advice: `The receipt was made from ${model.name}: open that model.`,
      code: "shape",
    });
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
    ...(field.get("quantised").value === undefined ? {} : { quantised: field.get("quantised").oneOf(OPENING_DTYPES) }),
    dense: field.get("dense").number({ min: 1 }),
    pruned: field.get("pruned").number({ min: 1 }),
  };
}

/** Receipts of older versions do not name the exported dtype; it was the model's unless the user chose another. */
function readCheck(field: JsonField, modelDtype: FloatDtype): FormCheck {
  const dtype = field.get("dtype");
  return {
    form: field.get("form").oneOf(FORMS),
    dtype: dtype.value === undefined ? modelDtype : dtype.oneOf(WEIGHT_TYPES),
    runtime: field.get("runtime").text(),
    version: field.get("version").text(),
    tokens: field.get("tokens").count(),
    maxAbsLogitDifference: field.get("maxAbsLogitDifference").number({ min: 0 }),
    argmaxAgreement: field.get("argmaxAgreement").number({ min: 0, max: 1 }),
    ...(field.get("perplexity").value === undefined ? {} : { perplexity: field.get("perplexity").number({ min: 1 }) }),
    ...(field.get("gguf").value === undefined ? {} : { gguf: readGgufRecord(field.get("gguf")) }),
    ...(field.get("llama").value === undefined ? {} : { llama: readLlamaCheck(field.get("llama")) }),
  };
}

function readLlamaCheck(field: JsonField): LlamaCheck {
  const [notRun, textTokens] = [field.get("notRun"), field.get("textTokens")];
  if (notRun.value !== undefined) return { notRun: notRun.text() };
  return {
    runtime: field.get("runtime").text(),
    version: field.get("version").text(),
    tokens: field.get("tokens").count(),
    maxAbsLogProbabilityDifference: field.get("maxAbsLogProbabilityDifference").number({ min: 0 }),
    argmaxAgreement: field.get("argmaxAgreement").number({ min: 0, max: 1 }),
    ...(textTokens.value === undefined ? {} : { textTokens: textTokens.count() }),
  };
}

function readGgufRecord(field: JsonField): GgufRecord {
  return {
    architecture: field.get("architecture").text(),
    blockWeights: readShare(field.get("blockWeights")),
    addedDimensions: field.get("addedDimensions").count(),
    withoutAttention: field.get("withoutAttention").count(),
    notes: field
      .get("notes")
      .list()
      .map((note) => note.text()),
  };
}
