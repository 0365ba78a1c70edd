// The export of a structurally pruned model: its forms, the logits that they are compared with, and the receipt and card beside them.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import type { FloatDtype } from "../../dtype.ts";
import { exportCompact } from "../../formats/export/exportCompact.ts";
import type { ExportSource } from "../../formats/export/exportFiles.ts";
import { exportMasked } from "../../formats/export/exportMasked.ts";
import { compareSample, type LogitSample } from "../../formats/receipt/logitSample.ts";
import { modelCardFile } from "../../formats/card/modelCard.ts";
import { exportGguf, exportMaskedGguf } from "../../formats/gguf/write/exportGguf.ts";
import type { GgufOrigin } from "../../formats/gguf/write/ggufMetadata.ts";
import type { GgufType } from "../../formats/gguf/write/quantize.ts";
import { exportOnnx } from "../../formats/onnx/exportOnnx.ts";
import { onnxDtype } from "../../formats/onnx/onnxWeights.ts";
import type { OutputFile } from "../../formats/files/outputFile.ts";
import { buildReceipt, type ReceiptInput, receiptFile } from "../../formats/receipt/receipt.ts";
import type { Form } from "../../formats/files/forms.ts";
import { budgetOf, countsOf, keptWeights } from "../../masks/budget.ts";
import type { Model } from "../../model/load.ts";
import { recipeJson } from "../../recipes/recipe.ts";
import { plannedGguf } from "./ggufForms.ts";
import type { CheckedText, LlamaReader } from "./llamaCheck.ts";
import type { OpenedModel } from "../../model/open.ts";
import { ownPrecision } from "../../model/ownWeights.ts";
import type { Precision } from "../../tensor.ts";
import { withoutIdleModules } from "../../masks/modules.ts";
import type { Masks } from "../../masks/gates.ts";
import { type ExportedForm, writeForms, type ExportTarget, type PlannedForm } from "./writeForms.ts";
import { engineReader, type FormReader, ownMaskedLogits, roundedLogits } from "./readBack.ts";

/** How far logits may differ, as a share of the largest absolute logit: forms differ in nothing but the order of sums. */
export const LOGIT_LIMIT = 2e-4;
/** The same where only one side has rounded weights: a few roundings (2^-11, 2^-8) of each weight. */
export const ROUNDED_LOGIT_LIMIT: Record<FloatDtype, number> = { F32: LOGIT_LIMIT, F16: 2.5e-3, BF16: 2e-2 };

const EXPORTS: Record<Exclude<Form, "gguf" | "gguf-masked">, (source: ExportSource) => Promise<OutputFile[]>> = {
  masked: exportMasked,
  compact: exportCompact,
  onnx: exportOnnx,
};
/** How far off logits are that the engine computes at a precision, as a share of the largest: halves are rounded. */
export const precisionLimit = (precision: Precision): number => (precision === "f16" ? ROUNDED_LOGIT_LIMIT.F16 : 0);

export interface ExportGatesOptions {
  /** Token ids to compare on. */
  ids: Uint32Array;
  receipt: Omit<ReceiptInput, "checks" | "config" | "masks" | "dtype" | "precision" | "sample">;
  /** Opens the ONNX form. Required where ONNX is among the targets, because the engine does not run ONNX. */
  openOnnx?: FormReader;
  /** Element type of the exported weights; default: the model's own. */
  dtype?: FloatDtype;
  /** Element type of the matrices in GGUF forms; default: `dtype`, or the model's own. */
  ggufType?: GgufType;
  /** Perplexity of a model on the receipt's evaluation text, for forms whose weights are quantised. */
  perplexityOf?: (model: Model) => Promise<number>;
  /** Opens GGUF forms in llama.cpp, and a text whose tokens are compared there; left out, they are checked by the engine alone. */
  openLlama?: LlamaReader;
  text?: CheckedText;
  /** Largest weights file in bytes; default: one file. */
  shardBytes?: number;
  /** The pruned model's logits as the receipt of these masks has them; `ids` must then begin with its ids. */
  sample?: LogitSample;
  /** How far the logits may be from the sample's, as a share of the largest; default: LOGIT_LIMIT. */
  sampleLimit?: number;
  onProgress?: (doneBytes: number, ofBytes: number, note: string) => void;
  cancelled?: () => boolean;
}

/** The masks of the 5L selection vectors, and where each form is written. */
interface GatesExport {
  masks: Masks;
  targets: ReadonlyMap<Form, ExportTarget>;
}

/**
 * Writes every form in `targets`, reads it back and compares its logits; receipt and model card are added to those that pass. A form that
 * cannot be written or read, or whose logits differ, is discarded with a reason, and the others stay. Throws "shape" before anything is
 * written if the masked model's logits are not those of `options.sample` (the masks were made for other weights), and what `writeForms` throws.
 */
export async function exportGates(
  ctx: Ctx,
  opened: OpenedModel,
  { masks: given, targets }: GatesExport,
  options: ExportGatesOptions,
): Promise<ExportedForm[]> {
  const { folder, config, dtype } = opened;
  const masks = withoutIdleModules(config, given);
  const { ids, dtype: chosen, shardBytes, cancelled = () => false } = options;
  const precision = ownPrecision(opened);
  const expected = await ownMaskedLogits(ctx, opened, masks, { ids, cancelled });
  if (options.sample) checkSample(options.sample, expected, config.vocab, options.sampleLimit);
  const source = {
    ...{ folder, config, masks },
    ...(opened.recovered ? { recoveredWeights: opened.weights } : {}),
    ...(opened.adapter ? { adapter: opened.adapter } : {}),
    ...(chosen ? { dtype: chosen } : {}),
    ...(shardBytes ? { shardBytes } : {}),
  };
  const rounded = chosen && (await roundedLogits(ctx, opened, masks, { ids, dtype: chosen, cancelled }));
  // The engine reads a form back at the model's own precision, so both sides round alike; another runtime does not round.
  const onnxLimit = precision === "f16" ? ROUNDED_LOGIT_LIMIT.F16 : LOGIT_LIMIT;

  const { version, recipe } = options.receipt;
  const gguf = {
    origin: originOf(opened, masks, options.receipt, recipeJson(recipe)),
    ...typeChoice(options.ggufType ?? chosen),
  };
  const forms = [...targets].map(([form, target]): PlannedForm => {
    if (form === "gguf" || form === "gguf-masked") {
      const write = form === "gguf" ? exportGguf : exportMaskedGguf;
      const { perplexityOf, openLlama, text } = options;
      const engineLimit = precisionLimit(precision);
      const common = { form, target, ids, precision, version, perplexityOf, openLlama, text, engineLimit, cancelled };
      return plannedGguf(ctx, { ...common, limit: LOGIT_LIMIT, write: () => write(source, gguf) });
    }
    const read = form === "onnx" ? (options.openOnnx ?? noRuntime) : engineReader(ctx, form, { version, precision });
    const written = form === "onnx" ? onnxDtype(dtype, chosen) : (chosen ?? dtype);
    return {
      form,
      target,
      dtype: written,
      files: () => EXPORTS[form](source),
      read,
      ...(rounded ? { rounded: async () => rounded } : {}),
      limit: form === "onnx" ? onnxLimit : LOGIT_LIMIT,
    };
  });
  return writeForms(forms, {
    ...{ ids, expected },
    records: (checks, sample) => {
      // the precision of the run; one that was quantised says so in its perplexities
      const ofRun = { ...options.receipt, precision: opened.model.precision };
      const receipt = buildReceipt({ ...ofRun, config, masks, dtype, written: chosen ?? dtype, checks, sample });
      return (form) => [receiptFile(receipt), modelCardFile(receipt, form)];
    },
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    ...(options.cancelled ? { cancelled: options.cancelled } : {}),
  });
}

/** The element type of a GGUF form's matrices, if one is chosen. */
export const typeChoice = (type: GgufType | undefined): { type?: GgufType } => (type ? { type } : {});

/** Where the model comes from, for the metadata of a file. */
function originOf(
  { config }: OpenedModel,
  masks: Masks,
  { modelName, licence, version }: ExportGatesOptions["receipt"],
  recipe: object,
): GgufOrigin {
  const budget = budgetOf(config);
  const keep = keptWeights(budget, countsOf(masks)) / budget.blockWeights;
  return { name: modelName, licence, version, recipe, keep };
}

const noRuntime: FormReader = async () => {
  throw new EngineError("bug", "no runtime was given to open the ONNX form; pass openOnnx");
};

/** Throws "shape" if the logits are not those of the sample: the masks belong to another model. */
export function checkSample(sample: LogitSample, logits: Float32Array, vocab: number, limit = LOGIT_LIMIT): void {
  const { difference, largest } = compareSample(sample, logits, vocab);
  invariant(
    difference <= limit * largest,
    "shape",
    `the pruned model's logits differ from those in the receipt by up to ${difference.toPrecision(3)}: the masks were made for other weights. Open the model that the receipt names.`,
  );
}
