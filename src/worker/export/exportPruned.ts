// Exports the current pruning: the forms of an architecture, or single weights as a dense model with zeros.
import {
  type Ctx,
  EngineError,
  exportGates,
  type ExportedForm,
  type ExportGatesOptions,
  exportWeightForms,
  type ExportTarget,
  type Form,
  ggufFormsOf,
  licenceOf,
  type OpenedModel,
  overlaid,
  recoveredModel,
  WEIGHT_FORMS,
  type WeightForm,
} from "../../engine/index.ts";
import { browserName } from "../../shared/browsers.ts";
import { llamaReader } from "../../verify/llamaModel.ts";
import { onnxReader } from "../../verify/onnxReader.ts";
import type { ExportChoice } from "../payloads/export.ts";
import type { Pruned } from "../run/pruned.ts";
import type { PrunedModel } from "../run/prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";

/** Each form is compared with the pruned model on this many tokens. */
const CHECK_TOKENS = 64;

type Receipt = ExportGatesOptions["receipt"];

/** Options of every export, nested ones included. */
export interface CommonOptions extends Pick<
  ExportGatesOptions,
  "ids" | "dtype" | "ggufType" | "shardBytes" | "openLlama" | "text"
> {
  receipt: Pick<Receipt, "version" | "adapter" | "host" | "matmul" | "modelName" | "licence">;
  cancelled: () => boolean;
}

/** Those options for the open model, apart from `cancelled`. */
export async function commonOptions(
  ctx: Ctx,
  opened: OpenedModel,
  evaluation: EncodedText,
  { dtype, shardBytes, gguf }: ExportChoice,
): Promise<Omit<CommonOptions, "cancelled">> {
  return {
    ids: evaluation.ids.slice(0, CHECK_TOKENS),
    receipt: {
      version: __APP_VERSION__,
      adapter: ctx.gpu.facts.name,
      host: browserName(navigator.userAgent),
      matmul: ctx.matmulTable,
      modelName: opened.name,
      licence: await licenceOf(opened.folder),
    },
    openLlama: llamaReader,
    ...(dtype ? { dtype } : {}),
    ...(gguf && gguf !== "own" ? { ggufType: gguf } : {}),
    ...(shardBytes ? { shardBytes } : {}),
  };
}

/** Options of an export of the current pruning. */
export interface ExportOptions extends CommonOptions, Pick<ExportGatesOptions, "onProgress" | "perplexityOf"> {
  receipt: CommonOptions["receipt"] & Pick<Receipt, "perplexity" | "recovery">;
}

/** What is exported. */
export interface PrunedExport {
  pruned: Pruned;
  /** Has or makes the pruned model. */
  models: PrunedModel;
  /** Of an architecture; single weights have the masked one of them only. */
  forms: readonly Form[];
  /** Whether GGUF is written as well. */
  gguf: boolean;
}

/** Exports each form to its target. Throws "unsupported" for masks of a baseline. */
export async function exportPruned(
  ctx: Ctx,
  opened: OpenedModel,
  { pruned, models, forms, gguf, targetFor }: PrunedExport & { targetFor: (form: Form) => ExportTarget },
  options: ExportOptions,
): Promise<readonly ExportedForm[]> {
  const { calibration, values, adapter, recovery } = pruned;
  const given = { ...options.receipt, calibration };
  if (pruned.kind === "weights") {
    const model = await models.of(ctx, opened, pruned);
    const { masks, recipe } = pruned;
    const receipt = { ...given, recipe };
    const weightForms: readonly WeightForm[] = gguf ? WEIGHT_FORMS : ["masked"];
    const targets = new Map(weightForms.map((form) => [form, targetFor(form)] as const));
    // SparseGPT's updates alone are read from its model.
    const recovered =
      values && recovery ? { ...opened, weights: overlaid(opened.weights, values), recovered: true } : opened;
    return exportWeightForms(ctx, recovered, { model, masks, targets }, { ...options, receipt });
  }
  const { masks, made, architecture } = pruned;
  if (made.kind === "baseline") {
    throw new EngineError(
      "unsupported",
      `${made.method} masks are a baseline for comparisons and have no receipt. Train for this ratio, or restore a trained run, then export.`,
    );
  }
  const target = { ratio: "block weights kept" as const, value: architecture.ratio };
  const history = made.targets ? { targets: made.targets } : {};
  const receipt = { ...given, recipe: made.recipe, target, trainedSteps: made.steps, ...history };
  const all = [...forms, ...(gguf ? ggufFormsOf(opened) : [])];
  const targets = new Map(all.map((form) => [form, targetFor(form)] as const));
  const rest = { ...options, receipt, openOnnx: onnxReader };
  if (!values) return exportGates(ctx, opened, { masks, targets }, rest);
  // The forms are compared with the masked model, which needs the recovered weights in dense shapes.
  const recovered = { ...(await recoveredModel(ctx, opened, values)), ...(adapter ? { adapter } : {}) };
  try {
    return await exportGates(ctx, recovered, { masks, targets }, rest);
  } finally {
    recovered.model.free();
  }
}
