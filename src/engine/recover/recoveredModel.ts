// A recovered model as an opened one: its weights and its model on the GPU are those that were trained, rounded as the file stores them.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { RecoveryReceipt } from "../formats/receipt/recoveryReceipt.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";
import type { WeightMasks } from "../masks/weightMasks.ts";
import { loadModel, type Model } from "../model/load.ts";
import type { OpenedModel } from "../model/open.ts";
import { maskedReader } from "../prune/weights/maskedReader.ts";
import { readMatrix } from "../prune/weights/blockPruner.ts";
import { overlaid, recoveredHash, type RecoveredValues } from "./overlay.ts";
import type { RecoverSession } from "./session.ts";
import type { PrunedWeightsReader } from "./trained.ts";

/**
 * `opened` with recovered values, in dense shapes. Measure and export it with the same masks as before. masks: of single weights, which
 * its model on the GPU then applies. The caller frees its `model`.
 */
export async function recoveredModel(
  ctx: Ctx,
  opened: OpenedModel,
  values: RecoveredValues,
  masks?: WeightMasks,
): Promise<OpenedModel> {
  const { config } = opened;
  const weights = overlaid(opened.weights, values);
  const reader = masks ? maskedReader(weights, config, masks) : weights;
  const model = await loadModel(ctx, config, reader, { precision: opened.model.precision });
  return { ...opened, weights, model, storage: model.precision, recovered: true };
}

/**
 * The part of a receipt that a recovery leaves, but for the perplexity before it. weights: overlaid with `values`, the best ones of the
 * session and those that the method had updated. Throws "bug" where the guard has measured nothing.
 */
export async function recoveryResult(
  { recipe, guard }: Pick<RecoverSession, "recipe" | "guard">,
  weights: Weights,
  values: RecoveredValues,
): Promise<Omit<RecoveryReceipt, "prunedBefore">> {
  invariant(guard, "bug", "the guard has measured nothing");
  const { before, best, bestStep, tokens } = guard;
  const weightsSha256 = await recoveredHash(weights, values);
  return { recipe, bestStep, guard: { before, after: best, tokens }, weightsSha256 };
}

/** The weights that a pruned model was made from: the file's, with `updated` values in place of those that the method changed. */
export const weightsPruned = (weights: PrunedWeightsReader, updated?: RecoveredValues): PrunedWeightsReader => ({
  readFloat32: async (name) => updated?.get(name)?.slice() ?? weights.readFloat32(name),
});

/** The values of the MLP's matrices as a method that updates them (SparseGPT) left them, by name. */
export async function updatedValues(ctx: Ctx, model: Model, masks: WeightMasks): Promise<RecoveredValues> {
  const values = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { matrix } of masks) {
    const block = model.weights.blocks[matrix.block];
    invariant(block, "bug", `the pruned model has no block ${matrix.block}`);
    values.set(matrix.name, await readMatrix(ctx, block, matrix));
  }
  return values;
}
