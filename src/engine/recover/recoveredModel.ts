// A recovered model as an opened one: its weights and its model on the GPU are those that were refitted or trained, rounded as the file stores them.
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
import type { RefitRecipe } from "../recipes/refitRecipe.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import type { GuardRecord } from "./guard.ts";
import type { Pruning } from "./storedParts.ts";
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
  return { ...opened, weights, model, recovered: true };
}

/** The model of a pruning, with `values` for some of its kept weights, to be recovered further: compact, or in dense shapes under masks. */
export async function modelWithValues(
  ctx: Ctx,
  opened: OpenedModel,
  pruning: Pruning,
  values: RecoveredValues,
): Promise<Model> {
  if ("masks" in pruning) return (await recoveredModel(ctx, opened, values, pruning.masks)).model;
  const { config, model } = opened;
  const { lists } = pruning;
  const reader = cutReader(overlaid(opened.weights, values), config.family, lists);
  return loadModel(ctx, config, reader, { lists, precision: model.precision });
}

/** What was done to the kept weights: at least one of both. */
interface RecoverySteps {
  refit?: { recipe: RefitRecipe; guard: Pick<GuardRecord, "before" | "best" | "tokens"> };
  training?: Pick<RecoverSession, "recipe" | "guard">;
}

/**
 * The part of a receipt that a recovery leaves, but for the perplexity before it. weights: overlaid with `values`, all that differ from the
 * file's. Throws "bug" where the guard has measured nothing.
 */
export async function recoveryResult(
  { refit, training }: RecoverySteps,
  weights: Weights,
  values: RecoveredValues,
): Promise<Omit<RecoveryReceipt, "prunedBefore">> {
  const [first, last] = [(refit ?? training)?.guard, (training ?? refit)?.guard];
  invariant(first && last, "bug", "the guard has measured nothing");
  return {
    ...(refit ? { refit: refit.recipe } : {}),
    ...(training?.guard ? { recipe: training.recipe, bestStep: training.guard.bestStep } : {}),
    guard: { before: first.before, after: last.best, tokens: last.tokens },
    weightsSha256: await recoveredHash(weights, values),
  };
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
