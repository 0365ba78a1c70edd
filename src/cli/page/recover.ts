// The page's side of a recovery: trains the kept weights of a pruned model, and undoes it where the guard measured no improvement.
import {
  type Model,
  type OpenedModel,
  type Pruning,
  recoveredModel,
  recoverLearningRate,
  type RecoverRecipe,
  RecoverSession,
  type RecoveryPlan,
  type RecoveryReceipt,
  recoveryResult,
  updatedValues,
  weightsPruned,
} from "../../engine/index.ts";
import type { RecoverChoice } from "../arguments/recoverArguments.ts";
import type { MeasuredPair, OpenRun, Reporter } from "./openRun.ts";

const REPORT_MS = 250;

/** The recovery in the JSON line. */
export interface RecoveryAnswer {
  recipe: RecoverRecipe;
  /** Whether the guard measured no improvement, so that the weights are those of pruning. */
  undone: boolean;
  bestStep: number;
  /** Perplexity of the guard's slice before, at the best step and after the last, and its tokens. */
  guard: { before: number; best: number; last: number; tokens: number };
  /** Perplexity on the evaluation text before; afterwards it is `perplexity.pruned`. */
  prunedBefore: number;
  /** Missing where it was undone. */
  weightsSha256?: string;
  secondsRecovering: number;
}

interface RecoverInput {
  choice: RecoverChoice;
  pruned: Model;
  pruning: Pruning;
  /** Kept share of the block weights. */
  ratio: number;
  /** Perplexity of the pruned model where it is already measured. */
  measured?: MeasuredPair;
  /** Whether the method changed weights itself (SparseGPT), which then belong to the result too. */
  updates?: boolean;
}

export interface Recovered {
  answer: RecoveryAnswer;
  /** Missing where it was undone. */
  result?: { opened: OpenedModel; recovery: RecoveryReceipt };
}

/** A recovery as the memory plan counts it. ratio: of a compact model; missing for single weights, whose model keeps its shapes. */
export function recoveryPlan(
  { matrices, rank, tokens }: Pick<RecoverChoice, "matrices" | "rank" | "tokens">,
  ratio?: number,
): RecoveryPlan {
  return { matrices, tokens, ...(rank === undefined ? {} : { rank }), ...(ratio === undefined ? {} : { ratio }) };
}

/** Recovers a pruned model. The caller frees it, and the model of the result. Throws EngineErrors. */
export async function recover(run: OpenRun, input: RecoverInput, report: Reporter): Promise<Recovered> {
  const { ctx, opened, calibration } = run;
  const { choice, pruned, pruning, ratio } = input;
  const recipe = { learningRate: recoverLearningRate(ratio, choice), ...choice };
  const before = input.measured ?? (await run.measure(pruned));
  const began = performance.now();
  const masks = "masks" in pruning ? pruning.masks : undefined;
  const updated = input.updates && masks ? await updatedValues(ctx, pruned, masks) : undefined;
  const session = new RecoverSession(ctx, {
    ...{ dense: opened.model, pruned, pruning, recipe, text: calibration },
    weights: weightsPruned(opened.weights, updated),
    ...{ context: before.context, subject: opened.fingerprint },
  });
  try {
    await train(session, report);
    const { guard } = session;
    if (!guard) throw new Error("expected the guard to have measured");
    const { before: first, best, last, bestStep, tokens } = guard;
    const answer: RecoveryAnswer = {
      ...{ recipe, undone: !session.improved, bestStep },
      guard: { before: first, best, last, tokens },
      prunedBefore: before.pruned,
      secondsRecovering: (performance.now() - began) / 1000,
    };
    if (!session.improved) {
      const worse = `the recovery did not improve the guard's perplexity (${first.toFixed(2)} before, ${last.toFixed(2)} after its last step), so it was undone. Try a lower --recover-learning-rate or more steps.`;
      report({ notice: worse });
      return { answer };
    }
    const values = new Map([...(updated ?? []), ...(await session.values())]);
    const adapter = await session.adapter();
    const result = { ...(await recoveredModel(ctx, opened, values, masks)), ...(adapter ? { adapter } : {}) };
    const recovery = { ...(await recoveryResult(session, result.weights, values)), prunedBefore: before.pruned };
    const { weightsSha256 } = recovery;
    return { answer: { ...answer, weightsSha256 }, result: { opened: result, recovery } };
  } finally {
    session.free();
  }
}

async function train(session: RecoverSession, report: Reporter): Promise<void> {
  const { steps } = session.recipe;
  let lastReport = -Infinity;
  let guardNote = "";
  await session.run({
    due: () => performance.now() - lastReport >= REPORT_MS,
    onReport: ({ losses, step }) => {
      lastReport = performance.now();
      report({ stage: "recover", done: step, of: steps, note: `KL ${(losses.at(-1) ?? NaN).toFixed(4)}${guardNote}` });
    },
    onGuard: ({ before, last }) => {
      guardNote = `  guard ${last.toFixed(2)} (${before.toFixed(2)} before)`;
    },
  });
}
