// The pruned model of a receipt: the dense model's weights under the receipt's masks.
import {
  type Ctx,
  EngineError,
  isWeightReceipt,
  masksFromReceipt,
  METHOD_NAMES,
  type Model,
  modelOfMasks,
  type OpenedModel,
  readReceipt,
  readWeightReceipt,
  type RecoveryReceipt,
  type WeightMasks,
  weightMasksFromReceipt,
  type WeightReceipt,
  zeroedModel,
} from "../../engine/index.ts";

/** The model of a receipt of either kind; the caller frees it. Throws "format" for a malformed receipt, "shape" for another model's. */
export async function modelOfReceipt(ctx: Ctx, opened: OpenedModel, text: string): Promise<Model> {
  if (isWeightReceipt(text)) return zeroedModelOf(ctx, opened, readWeightReceipt(text)).model;
  const receipt = readReceipt(text);
  refuseRecovered(receipt);
  return modelOfMasks(ctx, opened, masksFromReceipt(receipt, opened.config));
}

/** The model of a receipt of weight pruning, and its masks; freeing it leaves the dense model. Throws "unsupported" where the method also changed weights, which no receipt has. */
export function zeroedModelOf(
  ctx: Ctx,
  { config, model }: OpenedModel,
  receipt: WeightReceipt,
): { model: Model; masks: WeightMasks } {
  refuseRecovered(receipt);
  if (receipt.updated)
    throw new EngineError(
      "unsupported",
      `receipt.json: updated: expected false, got true. ${METHOD_NAMES[receipt.recipe.method]} updated the remaining weights, and a receipt does not contain them: prune again with its recipe.`,
    );
  const masks = weightMasksFromReceipt(receipt, config);
  return { model: zeroedModel(ctx, model, masks), masks };
}

/** A receipt has the masks and the recipe of a recovery, but not the weights that it changed. Throws "unsupported". */
export function refuseRecovered({ recovery }: Pick<ReturnType<typeof readReceipt>, "recovery">): void {
  if (!recovery) return;
  throw new EngineError(
    "unsupported",
    `receipt.json: recovery: this receipt's model was recovered: its weights were ${recovery.recipe ? "trained" : "refitted"} after pruning, and a receipt does not contain them. Use the exported files, or prune again with its recipe and ${optionsOf(recovery)}.`,
  );
}

/** The options that repeat a recovery. */
function optionsOf({ refit, recipe }: RecoveryReceipt): string {
  const refitting = refit
    ? `--refit --refit-matrices ${refit.matrices} --refit-sequences ${refit.sequences} --refit-ridge ${refit.ridge}`
    : "";
  const trained = recipe?.rank === undefined ? `--recover-matrices ${recipe?.matrices}` : `--lora ${recipe.rank}`;
  const training = recipe
    ? `--recover ${recipe.steps} ${trained} --recover-learning-rate ${recipe.learningRate} --recover-tokens ${recipe.tokens} --recover-hidden-weight ${recipe.hiddenWeight}`
    : "";
  return [refitting, training].filter(Boolean).join(" ");
}
