// A receipt applied to its model, on the page's side: masks from the receipt, then the same export as after a run.
import {
  Ctx,
  exportGates,
  type ExportedForm,
  exportWeightForms,
  EngineError,
  Gpu,
  isWeightReceipt,
  masksFromReceipt,
  type ModelConfig,
  openModel,
  type OpenedModel,
  readReceipt,
  recipeOf,
  ROUNDED_LOGIT_LIMIT,
  readWeightReceipt,
  tuneMatmul,
} from "../../engine/index.ts";
import { llamaReader } from "../../verify/llamaModel.ts";
import { onnxReader } from "../../verify/onnxReader.ts";
import {
  CHECK_TOKENS,
  choiceOf,
  type FormAnswer,
  formAnswer,
  formTargets,
  type FormsRequest,
  weightTargets,
} from "./forms.ts";
import { refuseRecovered, zeroedModelOf } from "./modelOfReceipt.ts";
import type { Reporter } from "./reports.ts";
import { type ServedFolder, servedModel } from "./servedModel.ts";

export interface ApplyRequest extends FormsRequest {
  model: ServedFolder;
  /** The text of receipt.json. */
  receipt: string;
}

interface ApplyAnswer {
  adapter: string;
  /** Whether the receipt had logits to compare with, which show that these are the weights it was made from. */
  sampleCompared: boolean;
  keptBlockWeights: number;
  forms: FormAnswer[];
}

/** A receipt of either kind. */
type Applied = ReturnType<typeof readReceipt> | ReturnType<typeof readWeightReceipt>;

/** Step between token ids of the check's input, so that they are not consecutive. */
const STRIDE = 37;

/** Opens the model, applies the receipt's masks and exports. Throws EngineErrors: "format" for a malformed or inconsistent receipt, "shape" for another model. */
export async function applyReceiptMasks(request: ApplyRequest, report: Reporter): Promise<ApplyAnswer> {
  const ctx = new Ctx(await Gpu.open());
  try {
    await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
    const work = isWeightReceipt(request.receipt) ? applyWeights : applyMasks;
    return await work(ctx, request, report);
  } finally {
    ctx.gpu.destroy();
  }
}

async function applyMasks(ctx: Ctx, request: ApplyRequest, report: Reporter): Promise<ApplyAnswer> {
  const receipt = readReceipt(request.receipt);
  refuseRecovered(receipt);
  const opened = await open(ctx, request, receipt, report);
  const masks = masksFromReceipt(receipt, opened.config);
  const { recipe, target, targets, trainedSteps } = receipt;
  const made = { recipe: recipeOf(recipe), target, trainedSteps, ...(targets ? { targets } : {}) };
  const { receipt: common, ...options } = exportOptionsOf(receipt, opened.config, request, report);
  const forms = await exportGates(
    ctx,
    opened,
    { masks, targets: formTargets(request) },
    { ...options, openOnnx: onnxReader, receipt: { ...common, ...made } },
  );
  return answerOf(ctx, receipt, forms);
}

/** Applies a receipt of weight pruning. Its masks zero weights; updated weights are only in the export itself. */
async function applyWeights(ctx: Ctx, request: ApplyRequest, report: Reporter): Promise<ApplyAnswer> {
  const receipt = readWeightReceipt(request.receipt);
  const targets = weightTargets(request);
  const opened = await open(ctx, request, receipt, report);
  const { model, masks } = zeroedModelOf(ctx, opened, receipt);
  const { receipt: common, ...options } = exportOptionsOf(receipt, opened.config, request, report);
  const exported = await exportWeightForms(
    ctx,
    opened,
    { model, masks, targets },
    { ...options, receipt: { ...common, recipe: receipt.recipe } },
  );
  return answerOf(ctx, receipt, exported);
}

async function open(
  ctx: Ctx,
  { model: served }: ApplyRequest,
  { precision }: Pick<Applied, "precision">,
  report: Reporter,
): Promise<OpenedModel> {
  const folder = await servedModel(served);
  return openModel(ctx, folder, {
    precision: precision === "f16" ? "f16" : "f32",
    onProgress: (done, of) => report({ stage: "open", done, of }),
  });
}

/** Export options that receipts of both kinds give. Throws "shape" if the sample has tokens that the model lacks. */
function exportOptionsOf(receipt: Applied, { vocab, context }: ModelConfig, request: ApplyRequest, report: Reporter) {
  const { sample, adapter, host, matmul, calibration, perplexity, model } = receipt;
  const known = sample?.ids ?? [];
  const outside = known.find((id) => id >= vocab);
  if (outside !== undefined)
    throw new EngineError(
      "shape",
      `receipt.json: sample.ids: expected ids below ${vocab}, the open model's vocabulary, got ${outside}. Open the model that the receipt was made from.`,
    );
  const more = Math.max(0, Math.min(CHECK_TOKENS, context) - known.length);
  return {
    ids: Uint32Array.from([...known, ...Array.from({ length: more }, (_, i) => (i * STRIDE) % vocab)]),
    receipt: {
      ...{ version: __APP_VERSION__, adapter, modelName: model.name, licence: model.licence },
      ...(host === undefined ? {} : { host }),
      ...{ calibration, perplexity },
      ...(matmul ? { matmul } : {}),
    },
    ...choiceOf(request),
    openLlama: llamaReader,
    ...(sample ? { sample } : {}),
    ...(receipt.precision === "bf16" ? { sampleLimit: ROUNDED_LOGIT_LIMIT.BF16 } : {}),
    onProgress: (done: number, of: number, note: string) => report({ stage: "export", done, of, note }),
  };
}

function answerOf(ctx: Ctx, receipt: Applied, forms: readonly ExportedForm[]): ApplyAnswer {
  return {
    adapter: ctx.gpu.facts.name,
    sampleCompared: receipt.sample !== undefined,
    keptBlockWeights: receipt.kept.blockWeights.kept,
    forms: forms.map(formAnswer),
  };
}
