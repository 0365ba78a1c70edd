// The page's side of training the kept weights of a pruned model, undone where the guard measured no improvement.
import {
  type GuardRecord,
  type LowRankAdapter,
  type weightsPruned,
  type RecoveredValues,
  type RecoverRecipe,
  RecoverSession,
} from "../../engine/index.ts";
import type { ServedCheckpoints } from "./checkpoints.ts";
import type { OpenRun } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import type { RecoverSubject } from "./refitWeights.ts";

const REPORT_MS = 250;

/** The training in the JSON line. */
export interface RecoveryAnswer {
  recipe: RecoverRecipe;
  /** Whether the guard measured no improvement, so that the weights are those from before. */
  undone: boolean;
  bestStep: number;
  /** Perplexity of the guard's slice before, at the best step and after the last, and its tokens. */
  guard: { before: number; best: number; last: number; tokens: number };
  secondsRecovering: number;
}

interface TrainedSubject extends RecoverSubject {
  /** What the pruned model was made from. */
  weights: ReturnType<typeof weightsPruned>;
  recipe: RecoverRecipe;
  /** Of its checkpoints. */
  subject: string;
}

export interface TrainedWeights {
  answer: RecoveryAnswer;
  recipe: RecoverRecipe;
  guard: GuardRecord;
  /** Missing where it was undone. */
  values?: RecoveredValues;
  /** The low-rank adapter that was added to the weights. */
  adapter?: LowRankAdapter;
}

/** Throws EngineErrors. */
export async function trainWeights(
  { ctx, opened, calibration, checkpoints }: OpenRun,
  { recipe, ...subject }: TrainedSubject,
  report: Reporter,
): Promise<TrainedWeights> {
  const began = performance.now();
  const session = new RecoverSession(ctx, {
    ...{ ...subject, dense: opened.model, recipe, text: calibration },
  });
  try {
    await checkpoints?.resumeRecovery(session);
    await train(session, report, checkpoints);
    const { guard, improved } = session;
    if (!guard) throw new Error("expected the guard to have measured");
    const { before, best, last, bestStep, tokens } = guard;
    const answer: RecoveryAnswer = {
      ...{ recipe, undone: !improved, bestStep },
      guard: { before, best, last, tokens },
      secondsRecovering: (performance.now() - began) / 1000,
    };
    if (improved) {
      const adapter = await session.adapter();
      return { answer, recipe, guard, values: await session.values(), ...(adapter ? { adapter } : {}) };
    }
    report({
      notice: `the recovery did not improve the guard's perplexity (${before.toFixed(2)} before, ${last.toFixed(2)} after its last step), so it was undone. Try a lower --recover-learning-rate or more steps.`,
    });
    return { answer, recipe, guard };
  } finally {
    session.free();
  }
}

/** Trains in stretches that end where the guard measures, with a checkpoint after each. */
async function train(session: RecoverSession, report: Reporter, checkpoints?: ServedCheckpoints): Promise<void> {
  const { steps, measureEvery } = session.recipe;
  let lastReport = -Infinity;
  let guardNote = "";
  const watch: Parameters<RecoverSession["run"]>[0] = {
    due: () => performance.now() - lastReport >= REPORT_MS,
    onReport: ({ losses, step }) => {
      lastReport = performance.now();
      report({ stage: "recover", done: step, of: steps, note: `KL ${(losses.at(-1) ?? NaN).toFixed(4)}${guardNote}` });
    },
    onGuard: ({ before, last }) => {
      guardNote = `  guard ${last.toFixed(2)} (${before.toFixed(2)} before)`;
    },
  };
  if (!checkpoints) return session.run(watch);
  while (!session.finished) {
    await session.run({ ...watch, steps: measureEvery - (session.step % measureEvery) });
    await checkpoints.writeRecovery(session);
  }
}
