// Pruning of single weights without a window, on the page's side: calibrate, prune, measure, export.
import {
  calibrationSequences,
  checkFits,
  deliverWeights,
  EngineError,
  keptOfMasks,
  keptShares,
  pruneWeights as pruneModel,
  type WeightRecipe,
} from "../engine/index.ts";
import { formPlaces } from "./pageForms.ts";
import { openRun, type Reporter, type RunAnswer, type RunRequest } from "./pageRun.ts";

export interface WeightsRequest extends RunRequest {
  recipe: WeightRecipe;
}

export interface WeightsAnswer extends RunAnswer {
  /** Kept share of the MLP's weights. */
  keptMlp: number;
  secondsPruning: number;
  /** Kept share of each matrix, by the name of its tensor. */
  keptByMatrix: Record<string, number>;
}

/** Throws EngineErrors: what `checkFits` refuses, before anything is measured. */
export async function pruneWeights(request: WeightsRequest, report: Reporter): Promise<WeightsAnswer> {
  const place = formPlaces(request).get("masked");
  if (!place) throw new EngineError("config", "pruned weights are exported in the masked form: dense, with zeros");
  const { recipe } = request;
  const run = await openRun(request, report, ({ config }) => checkFits(config, recipe));
  const { ctx, opened } = run;
  const tokens = Math.min(recipe.tokens, opened.config.context);
  const sequences = calibrationSequences(run.calibration, { ...recipe, tokens });
  const began = performance.now();
  const pruned = await pruneModel(ctx, opened.model, sequences, recipe, {
    onProgress: (done, of) => report({ stage: "prune", done, of }),
  });
  const secondsPruning = (performance.now() - began) / 1000;
  const measured = await run.measure(pruned.model);
  const { receipt, ...options } = await run.delivery(measured);
  const delivery = await deliverWeights(ctx, opened, pruned, place, {
    ...options,
    receipt: { ...receipt, recipe: { ...recipe, tokens } },
  });
  const kept = keptShares(opened.config, keptOfMasks(pruned.masks));
  const share = (of: { kept: number; of: number }): number => of.kept / of.of;
  return {
    ...run.answer(measured, [delivery]),
    keptMlp: share(kept.mlpWeights),
    keptBlocks: share(kept.blockWeights),
    keptModel: share(kept.modelWeights),
    secondsPruning,
    keptByMatrix: Object.fromEntries(pruned.masks.map((mask) => [mask.matrix.name, share(keptOfMasks([mask]))])),
  };
}
