// The pruned model of a receipt: the dense model's weights under the receipt's masks.
import {
  type Ctx,
  cutReader,
  EngineError,
  indexLists,
  isWeightReceipt,
  loadModel,
  maskedReader,
  masksFromReceipt,
  METHOD_NAMES,
  type Model,
  type OpenedModel,
  readReceipt,
  readWeightReceipt,
  type WeightMasks,
  weightMasksFromReceipt,
  type WeightReceipt,
} from "../../engine/index.ts";

/** The model of a receipt of either kind; the caller frees it. Throws "format" for a malformed receipt, "shape" for another model's. */
export async function modelOfReceipt(ctx: Ctx, opened: OpenedModel, text: string): Promise<Model> {
  if (isWeightReceipt(text)) return (await zeroedModelOf(ctx, opened, readWeightReceipt(text))).model;
  const { config, weights, model } = opened;
  const receipt = readReceipt(text);
  refuseRecovered(receipt);
  const lists = indexLists(masksFromReceipt(receipt, config));
  return loadModel(ctx, config, cutReader(weights, config.family, lists), { lists, precision: model.precision });
}

/** The model of a receipt of weight pruning, and its masks. Throws "unsupported" where the method also changed weights, which no receipt has. */
export async function zeroedModelOf(
  ctx: Ctx,
  { config, weights, model: { precision } }: OpenedModel,
  receipt: WeightReceipt,
): Promise<{ model: Model; masks: WeightMasks }> {
  refuseRecovered(receipt);
  if (receipt.updated)
    throw new EngineError(
      "unsupported",
      `receipt.json: updated: expected false, got true. ${METHOD_NAMES[receipt.recipe.method]} updated the remaining weights, and a receipt does not contain them: prune again with its recipe.`,
    );
  const masks = weightMasksFromReceipt(receipt, config);
  return { model: await loadModel(ctx, config, maskedReader(weights, config, masks), { precision }), masks };
}

/** A receipt has the masks and the recipe of a recovery, but not the weights that it trained. Throws "unsupported". */
export function refuseRecovered({ recovery }: Pick<ReturnType<typeof readReceipt>, "recovery">): void {
  if (!recovery) return;
  const { steps, matrices, learningRate, tokens } = recovery.recipe;
  throw new EngineError(
    "unsupported",
    `receipt.json: recovery: this receipt's model was recovered: its weights were trained after pruning, and a receipt does not contain them. Use the exported files, or prune again with its recipe and --recover ${steps} --recover-matrices ${matrices} --recover-learning-rate ${learningRate} --recover-tokens ${tokens}.`,
  );
}
