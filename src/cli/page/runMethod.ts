// The page's side of one run of a comparison: trains, draws or prunes, recovers where asked, then measures.
import {
  countParameters,
  DEFAULT_RECOVER_RECIPE,
  DEFAULT_REFIT_RECIPE,
  EngineError,
  type FinishedRunInput,
  METHOD_NAMES,
  mlpMatrices,
  type ModelConfig,
  type RunRecord,
  weightsOf,
} from "../../engine/index.ts";
import type { RecoverChoices } from "../arguments/recoverArguments.ts";
import type { CompareSettings } from "../compare/compareArguments.ts";
import { type PlannedRun, pruningKeyOf } from "../compare/methods.ts";
import { type MethodOptions, pruneStructures, type StructuralRun } from "./compareMasks.ts";
import type { MeasuredPair, OpenRun } from "./openRun.ts";
import { asksForRecovery } from "./recover.ts";
import type { RunCurves } from "./runCurves.ts";
import { measureMasks, recoverMasks } from "./pruneGates.ts";
import { calibrateAndPrune, recoverWeights } from "./pruneWeights.ts";

type WeightRun = Extract<PlannedRun, { kind: "weights" }>;

/** A finished run: how it was made, what was measured, before its recovery too, its masks, and the curves of a training. */
export type FinishedMethod = {
  made: RunRecord["made"];
  measured: MeasuredPair;
  before?: MeasuredPair;
  curves?: RunCurves;
} & Pick<FinishedRunInput, "masks" | "recovery">;

/** Makes one run, recovers it where it asks for that, and measures it. A recovery that was undone leaves the pruned run. Throws EngineErrors. */
export function runMethod(run: OpenRun, planned: PlannedRun, options: MethodOptions): Promise<FinishedMethod> {
  return planned.kind === "weights" ? weightRun(run, planned, options) : structuralRun(run, planned, options);
}

/** The recovery that a run asks for. */
export function recoverChoices(
  { refit, recover: steps, seed }: PlannedRun,
  settings: Omit<CompareSettings, "steps" | "sequences">,
): RecoverChoices {
  const { tokens, recoverMatrices: matrices, recoverRank: rank, refitMatrices, refitSequences } = settings;
  const training = { ...DEFAULT_RECOVER_RECIPE, matrices, ...(rank === undefined ? {} : { rank }), tokens, seed };
  return {
    ...(refit
      ? { refit: { ...DEFAULT_REFIT_RECIPE, matrices: refitMatrices, sequences: refitSequences, tokens, seed } }
      : {}),
    ...(steps === undefined ? {} : { recover: { ...training, steps } }),
  };
}

async function structuralRun(run: OpenRun, planned: StructuralRun, options: MethodOptions): Promise<FinishedMethod> {
  const { settings, report, trained } = options;
  const key = pruningKeyOf(planned);
  const pruned = trained.pruned.get(key) ?? (await pruneStructures(run, planned, options));
  trained.pruned.set(key, pruned);
  const { made, measured, curves } = pruned;
  const masks = { kind: "gates", masks: pruned.masks } as const;
  const done = { made, masks, ...(curves ? { curves } : {}) };
  const choices = recoverChoices(planned, settings);
  const result = asksForRecovery(choices) && (await recoverMasks(run, pruned, choices, report)).result;
  if (!result) return { ...done, measured };
  try {
    const recovered = await measureMasks({ ...run, opened: result.opened }, pruned.masks);
    return { ...done, measured: recovered, before: measured, recovery: result.recovery };
  } finally {
    result.opened.model.free();
  }
}

async function weightRun(
  run: OpenRun,
  planned: WeightRun,
  { settings, report }: MethodOptions,
): Promise<FinishedMethod> {
  const { kind, method, seed } = planned;
  const { tokens, sequences } = settings;
  const requested = { method, seed, sequences, tokens, pattern: patternOf(run.opened.config, planned) };
  const { recipe, pruned } = await calibrateAndPrune(run, requested, report);
  try {
    const done = { made: { kind, recipe }, masks: { kind, masks: pruned.masks } } as const;
    const measured = await run.measure(pruned.model);
    const choices = recoverChoices(planned, settings);
    const of = { recipe, pruned, measured };
    const result = asksForRecovery(choices) && (await recoverWeights(run, of, choices, report)).result;
    if (!result) return { ...done, measured };
    try {
      const recovered = await run.measure(result.opened.model);
      return { ...done, measured: recovered, before: measured, recovery: result.recovery };
    } finally {
      result.opened.model.free();
    }
  } finally {
    pruned.model.free();
  }
}

/** The pattern of a run: the given one, or the share of the MLP to prune for a ratio of the block weights. Throws "config" where the MLP is too small. */
export function patternOf(config: ModelConfig, run: WeightRun): string {
  if ("pattern" in run) return run.pattern;
  const { blocks } = countParameters(config);
  const mlp = mlpMatrices(config).reduce((sum, matrix) => sum + weightsOf(matrix), 0);
  const removed = (1 - run.ratio) * blocks;
  const percent = Number(((100 * removed) / mlp).toFixed(4));
  if (percent > 0 && percent < 100) return `${percent}%`;
  throw new EngineError(
    "config",
    `keep: expected a ratio above ${(1 - mlp / blocks).toFixed(3)} and below 1, got ${run.ratio}. ${METHOD_NAMES[run.method]} prunes only the MLP, which has ${mlp} of the ${blocks} block weights.`,
    { ratio: run.ratio, mlp, blocks },
  );
}
