// What is pruned now, delivered by the engine: the forms of an architecture, or single weights as dense ones with zeros.
import {
  type Ctx,
  exportGates,
  type ExportedForm,
  type ExportGatesOptions,
  exportPrunedWeights,
  EngineError,
  type Form,
  licenceOf,
  type OpenedModel,
  type ExportTarget,
} from "../../engine/index.ts";
import { onnxReader } from "../../verify/onnxReader.ts";
import type { ExportChoice } from "../protocol.ts";
import type { Pruned, PrunedModel } from "../run/prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";

/** Tokens that a form of the export is compared on. */
const CHECK_TOKENS = 64;

type Receipt = ExportGatesOptions["receipt"];

/** What every export takes, whatever it is of. */
export interface CommonOptions extends Pick<ExportGatesOptions, "ids" | "dtype" | "shardBytes"> {
  receipt: Pick<Receipt, "version" | "adapter" | "modelName" | "licence">;
  cancelled: () => boolean;
}

/** The same, but for the stop. */
export async function commonOptions(
  ctx: Ctx,
  opened: OpenedModel,
  evaluation: EncodedText,
  { dtype, shardBytes }: ExportChoice,
): Promise<Omit<CommonOptions, "cancelled">> {
  return {
    ids: evaluation.ids.slice(0, CHECK_TOKENS),
    receipt: {
      version: __APP_VERSION__,
      adapter: ctx.gpu.facts.name,
      modelName: opened.name,
      licence: await licenceOf(opened.folder),
    },
    ...(dtype ? { dtype } : {}),
    ...(shardBytes ? { shardBytes } : {}),
  };
}

/** What deliveries of every method take. */
export interface ExportOptions extends CommonOptions, Pick<ExportGatesOptions, "onProgress"> {
  receipt: CommonOptions["receipt"] & Pick<Receipt, "perplexity">;
}

/** Structures in the asked forms; single weights in the masked one only, dense with zeros. Throws "unsupported" for masks that were made to compare with. */
export async function exportPruned(
  ctx: Ctx,
  opened: OpenedModel,
  pruned: Pruned,
  models: PrunedModel,
  { forms, placeFor }: { forms: readonly Form[]; placeFor: (form: Form) => ExportTarget },
  options: ExportOptions,
): Promise<readonly ExportedForm[]> {
  const { calibration } = pruned;
  const given = { ...options.receipt, calibration };
  if (pruned.kind === "weights") {
    const model = await models.of(ctx, opened, pruned);
    const { masks, recipe } = pruned;
    const receipt = { ...given, recipe };
    const target = placeFor("masked");
    return [await exportPrunedWeights(ctx, opened, { model, masks, target }, { ...options, receipt })];
  }
  const { masks, made, architecture } = pruned;
  if (made.kind === "baseline") {
    throw new EngineError(
      "unsupported",
      `${made.method} masks are made to compare with and have no receipt; train for this ratio, or bring a trained run back, then export`,
    );
  }
  const target = { ratio: "block weights kept" as const, value: architecture.ratio };
  const receipt = { ...given, recipe: made.recipe, target, trainedSteps: made.steps };
  const targets = new Map(forms.map((form) => [form, placeFor(form)] as const));
  return exportGates(ctx, opened, { masks, targets }, { ...options, receipt, openOnnx: onnxReader });
}
