// Pruning of single weights without a window, on the page's side: calibrate, prune, measure, export.
import {
  calibrationSequences,
  checkFits,
  exportPrunedWeights,
  EngineError,
  keptOfMasks,
  keptShares,
  type PrunedWeights,
  pruneWeights as pruneModel,
  type WeightRecipe,
} from "../../engine/index.ts";
import { formTargets } from "./forms.ts";
import { openRun, type Reporter, type OpenRun, type RunAnswer, type RunRequest } from "./openRun.ts";

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

/** The recipe as it was followed, and what it gave; the caller frees `pruned.model`. */
interface Calibrated {
  recipe: WeightRecipe;
  pruned: PrunedWeights;
  seconds: number;
}

/** Calibrates on the run's text and prunes, with sequences no longer than the model's context. Throws EngineErrors. */
export async function calibrateAndPrune(
  { ctx, opened, calibration }: OpenRun,
  asked: WeightRecipe,
  report: Reporter,
): Promise<Calibrated> {
  const recipe = { ...asked, tokens: Math.min(asked.tokens, opened.config.context) };
  const sequences = calibrationSequences(calibration, recipe);
  const began = performance.now();
  const pruned = await pruneModel(
    ctx,
    opened.model,
    { recipe, sequences },
    {
      onProgress: (done, of) => report({ stage: "prune", done, of }),
    },
  );
  return { recipe, pruned, seconds: (performance.now() - began) / 1000 };
}

/** Throws EngineErrors: what `checkFits` refuses, before anything is measured. */
export async function pruneWeightsRun(request: WeightsRequest, report: Reporter): Promise<WeightsAnswer> {
  const target = formTargets(request).get("masked");
  if (!target) throw new EngineError("config", "pruned weights are exported in the masked form: dense, with zeros");
  const run = await openRun(request, report, ({ config }) => checkFits(config, request.recipe));
  const { ctx, opened } = run;
  const { recipe, pruned, seconds: secondsPruning } = await calibrateAndPrune(run, request.recipe, report);
  const measured = await run.measure(pruned.model);
  const { receipt, ...options } = await run.exportOptions(measured);
  const { model, masks } = pruned;
  const exported = await exportPrunedWeights(
    ctx,
    opened,
    { model, masks, target },
    { ...options, receipt: { ...receipt, recipe } },
  );
  const kept = keptShares(opened.config, keptOfMasks(pruned.masks));
  const share = (of: { kept: number; of: number }): number => of.kept / of.of;
  return {
    ...run.answer(measured, [exported]),
    keptMlp: share(kept.mlpWeights),
    keptBlocks: share(kept.blockWeights),
    keptModel: share(kept.modelWeights),
    secondsPruning,
    keptByMatrix: Object.fromEntries(pruned.masks.map((mask) => [mask.matrix.name, share(keptOfMasks([mask]))])),
  };
}
