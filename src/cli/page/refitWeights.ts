// The page's side of a refit: least squares of the kept weights of a pruned model, undone where the guard measured no improvement.
import {
  type GuardRecord,
  type Model,
  type Pruning,
  type RecoveredValues,
  refit,
  type RefitRecipe,
} from "../../engine/index.ts";
import type { OpenRun } from "./openRun.ts";
import type { Reporter } from "./reports.ts";

/** A pruned model to refit or to train. It does not change. */
export interface RecoverSubject {
  pruned: Model;
  pruning: Pruning;
  /** Tokens of a window of the guard. */
  context: number;
}

/** The refit in the JSON line. */
export interface RefitAnswer {
  recipe: RefitRecipe;
  /** Whether the guard measured no improvement, so that the weights are those of pruning. */
  undone: boolean;
  /** Perplexity of the guard's slice before and after, and its tokens. */
  guard: { before: number; after: number; tokens: number };
  secondsRefitting: number;
}

interface RefittedWeights {
  answer: RefitAnswer;
  recipe: RefitRecipe;
  guard: GuardRecord;
  /** Missing where it was undone. */
  values?: RecoveredValues;
}

/** Throws EngineErrors. */
export async function refitWeights(
  { ctx, opened, calibration }: OpenRun,
  subject: RecoverSubject,
  recipe: RefitRecipe,
  report: Reporter,
): Promise<RefittedWeights> {
  const began = performance.now();
  const { guard, values } = await refit(
    ctx,
    { ...subject, dense: opened.model, recipe, text: calibration },
    { onProgress: (done, of) => report({ stage: "refit", done, of }) },
  );
  const { before, last: after, tokens } = guard;
  if (!values)
    report({
      notice: `the refit did not improve the guard's perplexity (${before.toFixed(2)} before, ${after.toFixed(2)} after), so it was undone. Try a larger --refit-ridge or more --refit-sequences.`,
    });
  const answer = {
    ...{ recipe, undone: !values, guard: { before, after, tokens } },
    secondsRefitting: (performance.now() - began) / 1000,
  };
  return { answer, recipe, guard, ...(values ? { values } : {}) };
}
