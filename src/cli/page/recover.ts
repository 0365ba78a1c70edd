// The page's side of a recovery: refits or trains the kept weights of a pruned model, or both, and undoes what the guard measured no
// improvement of.
import {
  type Model,
  modelWithValues,
  type OpenedModel,
  type Pruning,
  recoveredModel,
  type RecoveredValues,
  recoverLearningRate,
  type RecoverScope,
  type RecoveryPlan,
  type RecoveryReceipt,
  recoveryResult,
  weightsPruned,
} from "../../engine/index.ts";
import type { RecoverChoices } from "../arguments/recoverArguments.ts";
import { prunedSubject } from "./runSubject.ts";
import type { MeasuredPair, OpenRun } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import { type RecoverSubject, type RefitAnswer, refitWeights } from "./refitWeights.ts";
import { type RecoveryAnswer, type TrainedWeights, trainWeights } from "./trainWeights.ts";

/** What was done to the kept weights, in the JSON line. */
export interface RecoverAnswers {
  refit?: RefitAnswer & BeforeRecovery;
  recovery?: RecoveryAnswer & BeforeRecovery;
}

interface BeforeRecovery {
  /** Perplexity of the pruned model on the evaluation text; afterwards it is `perplexity.pruned`. */
  prunedBefore: number;
  /** Of the changed weights at the end; missing where this step was undone, or changed further by training. */
  weightsSha256?: string;
}

interface RecoverInput {
  choices: RecoverChoices;
  pruned: Model;
  pruning: Pruning;
  /** Kept share of the block weights. */
  ratio: number;
  /** Perplexity of the pruned model where it is already measured. */
  measured?: MeasuredPair;
  /** Kept weights that the method updated itself (SparseGPT), which then belong to the result too. */
  updated?: RecoveredValues;
}

export interface Recovered {
  answers: RecoverAnswers;
  /** Missing where everything was undone. */
  result?: { opened: OpenedModel; recovery: RecoveryReceipt };
}

/** Whether anything is done to the kept weights. */
export const asksForRecovery = ({ refit, recover }: RecoverChoices): boolean =>
  refit !== undefined || recover !== undefined;

/** A recovery as the memory plan counts it. ratio: of a compact model; missing for single weights, whose model keeps its shapes. */
export function recoveryPlan({ refit, recover }: RecoverChoices, ratio?: number): RecoveryPlan {
  return {
    ...(refit ? { refit } : {}),
    ...(recover ? { training: trainingPlan(recover) } : {}),
    ...(ratio === undefined ? {} : { ratio }),
  };
}

const trainingPlan = ({ matrices, rank, tokens }: RecoverScope & { tokens: number }) => ({
  ...{ matrices, tokens },
  ...(rank === undefined ? {} : { rank }),
});

/** Recovers a pruned model. The caller frees it, and the model of the result. Throws EngineErrors. */
export async function recover(run: OpenRun, input: RecoverInput, report: Reporter): Promise<Recovered> {
  const { ctx, opened } = run;
  const { choices, pruning } = input;
  const before = input.measured ?? (await run.measure(input.pruned));
  const of = { pruned: input.pruned, pruning, context: before.context };
  const refitted = choices.refit && (await refitWeights(run, of, choices.refit, report));
  const fitted = new Map([...(input.updated ?? []), ...(refitted?.values ?? [])]);
  const trained =
    choices.recover &&
    (await trainFrom(run, { of, input, fitted, isRefitted: refitted?.values !== undefined }, report));
  const answers: RecoverAnswers = {
    ...(refitted ? { refit: { ...refitted.answer, prunedBefore: before.pruned } } : {}),
    ...(trained ? { recovery: { ...trained.answer, prunedBefore: before.pruned } } : {}),
  };
  if (!refitted?.values && !trained?.values) return { answers };
  const values = new Map([...fitted, ...(trained?.values ?? [])]);
  // A low-rank adapter of refitted weights is none of the file's.
  const adapter = refitted?.values ? undefined : trained?.adapter;
  const result = {
    ...(await recoveredModel(ctx, opened, values, "masks" in pruning ? pruning.masks : undefined)),
    ...(adapter ? { adapter } : {}),
  };
  const steps = {
    ...(refitted?.values ? { refit: refitted } : {}),
    ...(trained?.values ? { training: trained } : {}),
  };
  const recovery = { ...(await recoveryResult(steps, result.weights, values)), prunedBefore: before.pruned };
  const last = trained?.values ? answers.recovery : answers.refit;
  if (last) last.weightsSha256 = recovery.weightsSha256;
  return { answers, result: { opened: result, recovery } };
}

/** Trains the pruned model, or the refitted one if the guard kept that. */
async function trainFrom(
  run: OpenRun,
  {
    of,
    input,
    fitted,
    isRefitted,
  }: { of: RecoverSubject; input: RecoverInput; fitted: RecoveredValues; isRefitted: boolean },
  report: Reporter,
): Promise<TrainedWeights | undefined> {
  const {
    choices: { recover: choice },
    ratio,
    pruning,
  } = input;
  if (!choice) return undefined;
  const recipe = { learningRate: recoverLearningRate(ratio, choice), ...choice };
  const weights = weightsPruned(run.opened.weights, fitted);
  const subject = run.checkpoints ? await prunedSubject(run, pruning, fitted) : run.opened.fingerprint;
  if (!isRefitted) return trainWeights(run, { ...of, weights, recipe, subject }, report);
  const pruned = await modelWithValues(run.ctx, run.opened, pruning, fitted);
  try {
    return await trainWeights(run, { ...of, pruned, weights, recipe, subject }, report);
  } finally {
    pruned.free();
  }
}
