// The page's side of pruning single weights: calibrate, prune, measure, export.
import {
  calibrationSequences,
  checkFits,
  exportWeightForms,
  keptOfMasks,
  keptShares,
  type PrunedWeights,
  requireOwnWeights,
  pruneWeights as pruneModel,
  updatedValues,
  type WeightRecipe,
} from "../../engine/index.ts";
import type { RecoverChoices } from "../arguments/recoverArguments.ts";
import { asksForRecovery, recover, type RecoverAnswers, type Recovered, recoveryPlan } from "./recover.ts";
import { runSubject } from "./runSubject.ts";
import { weightTargets } from "./forms.ts";
import { type MeasuredPair, openRun, type OpenRun, type RunAnswer } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import type { RunRequest } from "./runRequest.ts";

export interface WeightsRequest extends RunRequest, RecoverChoices {
  recipe: WeightRecipe;
}

interface WeightsAnswer extends RunAnswer, RecoverAnswers {
  /** Kept share of the MLP's weights, 0 to 1. */
  keptMlp: number;
  secondsPruning: number;
  /** Kept share of each matrix, by the name of its tensor. */
  keptByMatrix: Record<string, number>;
}

/** The recipe as it was applied, and its result; the caller frees `pruned.model`. */
interface Calibrated {
  recipe: WeightRecipe;
  pruned: PrunedWeights;
  seconds: number;
}

/** Calibrates on the calibration text and prunes; sequences are limited to the model's context. Throws EngineErrors. */
export async function calibrateAndPrune(run: OpenRun, requested: WeightRecipe, report: Reporter): Promise<Calibrated> {
  const { ctx, opened, calibration, checkpoints } = run;
  const { config } = opened;
  const recipe = { ...requested, tokens: Math.min(requested.tokens, config.context) };
  const sequences = calibrationSequences(calibration, recipe);
  const began = performance.now();
  const pruned = await pruneModel(
    ctx,
    opened.model,
    { recipe, sequences },
    {
      onProgress: (done, of) => report({ stage: "prune", done, of }),
      ...checkpoints?.blocks({ config, recipe, subject: await runSubject(run) }),
    },
  );
  return { recipe, pruned, seconds: (performance.now() - began) / 1000 };
}

/** Recovers a model of pruned weights under its masks. measured: its perplexity, if known. The caller frees both models. */
export async function recoverWeights(
  run: OpenRun,
  of: Pick<Calibrated, "recipe" | "pruned"> & { measured?: MeasuredPair },
  choices: RecoverChoices,
  report: Reporter,
): Promise<Recovered> {
  const { recipe, measured } = of;
  const { masks, model } = of.pruned;
  const { kept, of: total } = keptShares(run.opened.config, keptOfMasks(masks)).blockWeights;
  return recover(
    run,
    {
      ...{ choices, pruned: model, pruning: { masks }, ratio: kept / total },
      ...(measured ? { measured } : {}),
      ...(recipe.method === "sparsegpt" ? { updated: await updatedValues(run.ctx, model, masks) } : {}),
    },
    report,
  );
}

/** Calibrates, prunes, measures and exports. Throws EngineErrors; what `checkFits` refuses, before anything is measured. */
export async function pruneWeightsRun(request: WeightsRequest, report: Reporter): Promise<WeightsAnswer> {
  const targets = weightTargets(request);
  const recovers = asksForRecovery(request);
  const planned = recovers ? { recoveryPlan: recoveryPlan(request) } : {};
  const run = await openRun({ ...request, ...planned }, report, ({ config, model }) => {
    checkFits(config, request.recipe);
    requireOwnWeights(model, "Pruning of single weights");
  });
  const { ctx, opened } = run;
  const { recipe, pruned, seconds: secondsPruning } = await calibrateAndPrune(run, request.recipe, report);
  const { masks } = pruned;
  const kept = keptShares(opened.config, keptOfMasks(masks));
  const share = (of: { kept: number; of: number }): number => of.kept / of.of;
  const recovered = recovers ? await recoverWeights(run, { recipe, pruned }, request, report) : undefined;
  const result = recovered?.result;
  const model = result?.opened.model ?? pruned.model;
  const measured = await run.measure(model);
  const { receipt, ...options } = await run.exportOptions(measured);
  const exported = await exportWeightForms(
    ctx,
    result?.opened ?? opened,
    { model, masks, targets },
    { ...options, receipt: { ...receipt, recipe, ...(result ? { recovery: result.recovery } : {}) } },
  );
  return {
    ...run.answer(measured, exported),
    keptMlp: share(kept.mlpWeights),
    keptBlocks: share(kept.blockWeights),
    keptModel: share(kept.modelWeights),
    secondsPruning,
    ...recovered?.answers,
    keptByMatrix: Object.fromEntries(pruned.masks.map((mask) => [mask.matrix.name, share(keptOfMasks([mask]))])),
  };
}
