// A recovery in the worker: trains the kept weights of a pruned model, and returns the best of them as a pruning of its own.
import {
  budgetOf,
  type Ctx,
  DEFAULT_RECOVER_RECIPE,
  indexLists,
  invariant,
  type Model,
  type OpenedModel,
  recoverLearningRate,
  type RecoverRecipe,
  type RecoveredValues,
  RecoverSession,
  weightsPruned,
} from "../../engine/index.ts";
import type { PerplexityResult } from "../payloads/measure.ts";
import type { GuardReading, RecoverSettings, RecoveryFacts } from "../payloads/recovery.ts";
import { throttle } from "../progress.ts";
import type { EncodedText } from "../storage/texts.ts";
import { changedPruning, knownValues } from "./changedPruning.ts";
import { type Pruned } from "./pruned.ts";

/** Each report is a read-back. */
const REPORTS_PER_SECOND = 4;
/** The guard measures this often, or as often as the usual recipe does if that is less. */
const MEASUREMENTS = 6;

export interface RecoverWork {
  opened: OpenedModel;
  pruned: Pruned;
  /** Of `pruned`. */
  model: Model;
  choice: RecoverSettings;
  /** The calibration text. */
  text: EncodedText;
  /** Tokens of a window. */
  context: number;
  /** Perplexity of `pruned` on the evaluation text. */
  before: PerplexityResult;
  /** Names model, masks, text and choice: a checkpoint of another subject is refused. */
  subject: string;
  /** The checkpoint of a paused recovery of this subject. */
  checkpoint?: Uint8Array<ArrayBuffer>;
}

interface RecoverWatch {
  /** kl: of the last step, nats per token. */
  onStep: (step: number, of: number, kl: number) => void;
  onGuard: (reading: GuardReading) => void;
  /** True ends the recovery after the current step. */
  cancelled: () => boolean;
  /** True pauses it after the current step. */
  pausing: () => boolean;
  /** Gets the session's checkpoint after each measurement of the guard, and at a pause. */
  onCheckpoint: (checkpoint: Uint8Array<ArrayBuffer>, step: number) => Promise<void>;
}

/** What a recovery did, and the pruning that it made. */
export interface RecoverResult {
  facts: RecoveryFacts;
  /** It was paused, and can be continued from its last checkpoint. */
  paused?: true;
  /** Missing where it was paused, and where the guard measured no improvement. */
  recovered?: Pruned;
}

/** Throws "config" for the choice, "shape" for a text that is too short, "format" for a checkpoint of another subject, "not-finite", and "device-lost". */
export async function recoverPruning(ctx: Ctx, work: RecoverWork, watch: RecoverWatch): Promise<RecoverResult> {
  const { opened, pruned, model, text, context, before, subject, checkpoint } = work;
  const recipe = recipeOf(work);
  const pruning = pruned.kind === "gates" ? { lists: indexLists(pruned.masks) } : { masks: pruned.masks };
  const known = await knownValues(ctx, pruned, model);
  const input = {
    ...{ dense: opened.model, pruned: model, pruning, recipe, text: text.ids },
    ...{ context, subject, weights: weightsPruned(opened.weights, known) },
  };
  // It allocates several times the trained weights, which may not fit.
  const session = await ctx.gpu.checked(
    "a recovery",
    () => new RecoverSession(ctx, input),
    (made) => made.free(),
  );
  const began = performance.now();
  try {
    if (checkpoint) await session.restore(checkpoint);
    const first = session.step;
    const paused = await train(session, await session.guardPerplexity(opened.model), watch);
    const { guard, step, improved } = session;
    invariant(guard, "bug", "the guard has measured nothing");
    const msPerStep = (performance.now() - began) / Math.max(1, step - first);
    const refit = pruned.recovery?.refit;
    const facts = { ...(refit ? { refit } : {}), recipe, step, guard, before, undone: !improved, msPerStep };
    if (paused) return { facts, paused };
    return improved ? { facts, recovered: await recoveredPruning(work, session, known) } : { facts };
  } finally {
    session.free();
  }
}

function recipeOf({
  opened: { config },
  pruned,
  choice,
}: Pick<RecoverWork, "opened" | "pruned" | "choice">): RecoverRecipe {
  const { steps, seed, ...scope } = choice;
  const often = DEFAULT_RECOVER_RECIPE.measureEvery;
  return {
    ...{ ...DEFAULT_RECOVER_RECIPE, steps, seed, ...scope },
    tokens: Math.min(DEFAULT_RECOVER_RECIPE.tokens, config.context),
    learningRate: recoverLearningRate(keptShareOf(pruned, config), scope),
    measureEvery: Math.max(1, Math.min(often, Math.floor(steps / MEASUREMENTS))),
  };
}

/** Kept share of the block weights. */
export function keptShareOf(pruned: Pruned, config: OpenedModel["config"]): number {
  if (pruned.kind === "gates") return pruned.architecture.keptWeights / budgetOf(config).blockWeights;
  const { kept, of } = pruned.facts.kept.blockWeights;
  return kept / of;
}

/** Trains in stretches that end where the guard measures, with a checkpoint after each. True: it was paused. */
async function train(session: RecoverSession, dense: number, watch: RecoverWatch): Promise<true | undefined> {
  const { onStep, onGuard, cancelled, pausing, onCheckpoint } = watch;
  const due = throttle(REPORTS_PER_SECOND);
  const { steps, measureEvery } = session.recipe;
  for (;;) {
    await session.run({
      steps: measureEvery - (session.step % measureEvery),
      due() {
        if (cancelled() || pausing()) session.pause();
        return due();
      },
      onReport: ({ losses, step }) => onStep(step, steps, losses.at(-1) ?? NaN),
      onGuard: ({ last, lastStep }) => onGuard({ step: lastStep, value: last, dense }),
    });
    if (session.finished || cancelled()) return undefined;
    await onCheckpoint(await session.checkpoint(), session.step);
    if (pausing()) return true;
  }
}

/** The best weights of the session as a pruning with an id of its own. */
async function recoveredPruning(
  { opened, pruned, before }: RecoverWork,
  session: RecoverSession,
  known: RecoveredValues | undefined,
): Promise<Pruned> {
  const { refit, guard } = pruned.recovery ?? {};
  const steps = {
    training: session,
    ...(refit && guard ? { refit: { recipe: refit, guard: { ...guard, best: guard.after } } } : {}),
  };
  // A low-rank adapter of refitted weights is none of the file's.
  const adapter = refit ? undefined : await session.adapter();
  const recovered = await changedPruning({ opened, pruned, known, before, steps }, await session.values());
  return { ...recovered, ...(adapter ? { adapter } : {}) };
}
