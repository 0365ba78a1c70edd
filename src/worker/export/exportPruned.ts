// What is pruned now, delivered by the engine: the forms of an architecture, or single weights as dense ones with zeros.
import {
  type Ctx,
  deliver,
  type Delivery,
  type DeliveryOptions,
  deliverWeights,
  EngineError,
  type Form,
  licenceOf,
  type OpenedModel,
  type Place,
} from "../../engine/index.ts";
import { onnxReader } from "../../verify/onnxReader.ts";
import type { ExportChoice } from "../protocol.ts";
import type { Pruned, PrunedModel } from "../run/prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";

/** Tokens that a form of the export is compared on. */
const CHECK_TOKENS = 64;

type Receipt = DeliveryOptions["receipt"];

/** What every export takes, whatever it is of. */
export interface CommonOptions extends Pick<DeliveryOptions, "ids" | "dtype" | "shardBytes"> {
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
export interface ExportOptions extends CommonOptions, Pick<DeliveryOptions, "onProgress"> {
  receipt: CommonOptions["receipt"] & Pick<Receipt, "perplexity">;
}

/** Structures in the asked forms; single weights in the masked one only, dense with zeros. Throws "unsupported" for masks that were made to compare with. */
export async function delivered(
  ctx: Ctx,
  opened: OpenedModel,
  pruned: Pruned,
  models: PrunedModel,
  { forms, placeFor }: { forms: readonly Form[]; placeFor: (form: Form) => Place },
  options: ExportOptions,
): Promise<readonly Delivery[]> {
  const { calibration } = pruned;
  const given = { ...options.receipt, calibration };
  if (pruned.kind === "weights") {
    const model = await models.of(ctx, opened, pruned);
    const { masks, recipe } = pruned;
    const receipt = { ...given, recipe };
    return [await deliverWeights(ctx, opened, { model, masks }, placeFor("masked"), { ...options, receipt })];
  }
  const { masks, made, architecture } = pruned;
  if (made.kind === "baseline") {
    throw new EngineError(
      "unsupported",
      `${made.method} masks are made to compare with and have no receipt; train for this ratio, or bring a trained run back, then export`,
    );
  }
  const target = { ratio: "block weights kept" as const, value: architecture.keep };
  const receipt = { ...given, recipe: made.recipe, target, trainedSteps: made.steps };
  const places = new Map(forms.map((form) => [form, placeFor(form)] as const));
  return deliver(ctx, opened, masks, places, { ...options, receipt, openOnnx: onnxReader });
}
