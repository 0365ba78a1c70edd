// Commands that refit or train the kept weights of the current pruning, pause and resume that, and undo it.
import { EngineError, invariant, type Run } from "../../engine/index.ts";
import type { CommandOf, GuardReading, PerplexityResult, Replies } from "../protocol.ts";
import { type Pruned, unrecovered } from "../run/pruned.ts";
import { refitPruning } from "../run/refit.ts";
import { recoverPruning } from "../run/recovery.ts";
import {
  pausedOf,
  type RecoveryFile,
  recoveryFileOf,
  recoverySubject,
  type SavedRecovery,
  type ResumableRecovery,
  startsFromRefit,
} from "../run/recoveryFile.ts";
import { approveRecovery, type PlannedRecovery } from "../run/recoveryPlan.ts";
import { recordOf } from "../run/runRecords.ts";
import { freeBytes } from "../storage/opfs.ts";
import type { TaskControls } from "../tasks.ts";
import { measureCurrent } from "./measureCommands.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

type RecoverHandlers = Pick<
  Handlers,
  "recover" | "refit" | "pauseRecovery" | "restoreRecovery" | "discardRecovery" | "undoRecovery"
>;

export function recoverCommands(state: WorkerState): RecoverHandlers {
  const pause: PauseRequest = { requested: false };
  const fileOf = (): RecoveryFile => recoveryFileOf(state, state.onDevice.opened().model);
  return {
    recover: (command) => {
      pause.requested = false;
      return state.tasks.run("recover", (controls) => recoverCurrent(state, command, { controls, pause }));
    },
    refit: (command) => state.tasks.run("recover", (controls) => refitCurrent(state, command, controls)),
    pauseRecovery() {
      pause.requested = true;
      return Promise.resolve(null);
    },
    restoreRecovery: () => restorePaused(state, fileOf()),
    discardRecovery: () => discard(state, fileOf()),
    undoRecovery: async () => {
      const { recovery } = state.pruning.required();
      invariant(recovery, "config", "The current pruning was not recovered, so there is nothing to undo.");
      return state.pruning.replace(recovery.before);
    },
  };
}

/** Shared by the recovery and the command that pauses it. */
interface PauseRequest {
  requested: boolean;
}

interface RecoverControls {
  controls: TaskControls;
  pause: PauseRequest;
}

async function recoverCurrent(
  state: WorkerState,
  { choice, tokens, resume }: CommandOf<"recover">,
  { controls, pause }: RecoverControls,
): Promise<Replies["recover"]> {
  const { onDevice, pruning, perplexities, send } = state;
  const { model: opened, run } = onDevice.opened();
  invariant(run.state.phase !== "training", "config", "a run is training: pause it, then recover");
  const pruned = pruning.required();
  invariant(
    !pruned.recovery?.recipe,
    "config",
    "The current pruning is recovered already: undo that first, then recover again.",
  );
  const text = await state.text("calibration", controls.cancelled);
  const subject = await recoverySubject(opened, { pruned, choice, text });
  const file = recoveryFileOf(state, opened);
  const window = Math.min(perplexities.window, opened.config.context);
  const paused = resume ? await pausedRecovery(file, subject, window) : undefined;
  await planned(state, { opened, pruned, choice, ...(paused?.context ? { window: paused.context } : {}) });
  if (!paused) await discard(state, file);
  state.evaluationTokens = tokens;
  const before = await readingOf(state, controls);
  const steps = controls.report("steps");
  const readings: GuardReading[] = [...(paused?.saved.readings ?? [])];
  let saved: SavedRecovery | undefined;
  const work = {
    ...{ opened, pruned, model: await pruning.compact(), choice, text, subject, before, context: perplexities.window },
    ...(paused ? { checkpoint: paused.checkpoint } : {}),
  };
  const { facts, recovered, ...ended } = await recoverPruning(onDevice.context(), work, {
    onStep: (step, of, kl) => steps(step, of, `KL ${kl.toFixed(4)}`),
    onGuard(reading) {
      readings.push(reading);
      send({ type: "guard", reading });
    },
    cancelled: controls.cancelled,
    pausing: () => pause.requested,
    async onCheckpoint(checkpoint, step) {
      const about = paused?.saved.run ?? saved?.run ?? (await unrecoveredRun(state, pruned, before, controls));
      saved = { subject, choice, step, readings: [...readings], run: about };
      try {
        await file.write({ saved, checkpoint });
        send({ type: "pausedRecovery", paused: pausedOf(saved) });
      } catch (error) {
        // A full disk must not end a recovery: it continues without checkpoints, and the page shows the error.
        pause.requested = false;
        send({ type: "error", error: EngineError.from(error).toPlain(), during: "train" });
      }
    },
  });
  if (ended.paused) return { paused: true };
  await discard(state, file);
  return { facts, pruned: recovered ? pruning.replace(recovered) : null };
}

async function refitCurrent(
  state: WorkerState,
  { tokens }: CommandOf<"refit">,
  controls: TaskControls,
): Promise<Replies["refit"]> {
  const { onDevice, pruning, perplexities } = state;
  const { model: opened, run } = onDevice.opened();
  invariant(run.state.phase !== "training", "config", "a run is training: pause it, then refit");
  const pruned = pruning.required();
  const again = "The current pruning is refitted or recovered already: undo that first, then refit.";
  invariant(!pruned.recovery, "config", again);
  await planned(state, { opened, pruned });
  const text = await state.text("calibration", controls.cancelled);
  state.evaluationTokens = tokens;
  const before = await readingOf(state, controls);
  const work = { opened, pruned, model: await pruning.compact(), text, context: perplexities.window, before };
  const onProgress = controls.report("parts");
  const watch = { onProgress, cancelled: controls.cancelled };
  const { facts, recovered } = await refitPruning(onDevice.context(), work, watch);
  return { facts, pruned: recovered ? pruning.replace(recovered) : null };
}

/** Sends the plan of a recovery's memory. Throws "limit" if it does not fit. */
async function planned(state: WorkerState, of: Omit<PlannedRecovery, "opening">): Promise<void> {
  const { onDevice, send } = state;
  const opening = state.planned?.plan;
  invariant(opening, "bug", "a recovery was requested before a model was open");
  const storageFreeBytes = (await freeBytes()) ?? null;
  await approveRecovery(onDevice.context().gpu.facts, { ...of, opening }, (result) =>
    send({ type: "plan", planned: result, storageFreeBytes }),
  );
}

/** Removes the state of a recovery on disk; the page follows. */
async function discard({ send }: WorkerState, file: RecoveryFile): Promise<null> {
  await file.remove();
  send({ type: "pausedRecovery", paused: null });
  return null;
}

const NONE_PAUSED = "There is no paused recovery of this model any more. Start a new one.";

/**
 * The paused recovery of this subject, which continues with its own windows. window: those of the open model. Throws "config" where there is
 * none, or only one of something else.
 */
async function pausedRecovery(file: RecoveryFile, subject: string, window: number): Promise<ResumableRecovery> {
  const stored = await file.load();
  invariant(stored, "config", NONE_PAUSED);
  const { saved, context = window } = stored;
  const { calibration } = saved.run.record;
  invariant(
    saved.subject === subject || !startsFromRefit(saved.subject),
    "config",
    "The paused recovery started from refitted weights, which are not saved with it. Press Refit, then resume, or discard it.",
  );
  invariant(
    saved.subject === subject,
    "config",
    `The paused recovery belongs to other masks, another choice or another text: it was trained on ${calibration.name}. Choose that text under Run, then resume, or discard it.`,
  );
  invariant(
    context === window || !startsFromRefit(subject),
    "config",
    `The paused recovery: expected windows of ${context} tokens, in which its guard was measured, got ${window}, in which the refit before it was. Open the model with windows of ${context} tokens, refit and resume, or discard it.`,
  );
  return stored;
}

/** Makes what a paused recovery trains the current pruning, unless it is. */
async function restorePaused(state: WorkerState, file: RecoveryFile): Promise<Replies["restoreRecovery"]> {
  const { onDevice, pruning } = state;
  const { model: opened } = onDevice.opened();
  const saved = await file.saved();
  invariant(saved, "config", NONE_PAUSED);
  const { subject, choice, run } = saved;
  const { pruned } = pruning;
  const text = await state.text("calibration");
  if (pruned && !pruned.recovery?.recipe && (await recoverySubject(opened, { pruned, choice, text })) === subject)
    return { restored: null };
  return { restored: { pruned: pruning.restore(run), record: run.record } };
}

/** What is recovered as a run, whose masks can be restored. */
async function unrecoveredRun(
  state: WorkerState,
  pruned: Pruned,
  before: PerplexityResult,
  { cancelled }: Pick<TaskControls, "cancelled">,
): Promise<Run> {
  const { onDevice, perplexities } = state;
  const [ctx, { model: opened }] = [onDevice.context(), onDevice.opened()];
  const on = { opened, text: await state.text("evaluation", cancelled) };
  // A run has masks and no refitted weights, so it is the one before a refit.
  const perplexity = await perplexities.pairWithDense(ctx, pruned.recovery?.reading ?? before, on, { cancelled });
  return recordOf(opened, unrecovered(pruned), { adapter: ctx.gpu.facts.name, perplexity, msPerToken: null });
}

/** Perplexity of the current pruning on the evaluation text; measured if it was not yet. Throws "cancelled". */
async function readingOf(state: WorkerState, controls: TaskControls): Promise<PerplexityResult> {
  const known = state.perplexities.prunedOf(
    await state.text("evaluation", controls.cancelled),
    state.pruning.required(),
  );
  if (known) return known;
  return (await measureCurrent(state, { subject: "pruned", tokens: state.evaluationTokens }, controls)).result;
}
