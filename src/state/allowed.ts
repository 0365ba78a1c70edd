// What the user may do in a state of the studio: one predicate per action, for its button and its key alike.
import { runKind } from "../engine/index.ts";
import { currentPruning, isPruned, samePruned, showsRun } from "./run/currentPruning.ts";
import type { RunCommand } from "./run/runState.ts";
import { settingChanges } from "./run/settingChanges.ts";
import type { Settings } from "./run/settingsState.ts";
import type { StudioState } from "./storeState.ts";
import { isEndedUnsaved } from "./runs/endedRun.ts";
import { lastOf } from "./text/textState.ts";

type Predicate = (state: StudioState) => boolean;

/** A long task that the user started has the GPU, or waits for it. Perplexities and the curve do not count: they are measured in the background. */
export const isGpuTaken: Predicate = ({
  exported,
  nested,
  generation,
  weightPruning,
  recovery,
  speed,
  losses,
  pairTexts,
  nextTokens,
  scores,
  check,
}) =>
  exported.phase === "preparing" ||
  nested.phase === "preparing" ||
  generation.phase === "writing" ||
  weightPruning.phase === "pruning" ||
  recovery.phase === "recovering" ||
  speed.phase === "measuring" ||
  losses.phase === "reading" ||
  pairTexts.phase === "writing" ||
  nextTokens.phase === "reading" ||
  scores.phase === "measuring" ||
  check.phase === "checking";

/** No run trains, and none of its commands is pending. */
const isRunAtRest: Predicate = ({ run, pendingCommand }) => run.phase !== "training" && pendingCommand === null;

const isModelReady: Predicate = ({ model, device }) => model.phase === "open" && device.phase === "ready";

/** The GPU is free: a model is open on a working device, no run trains, and no long task has the GPU. */
export const isGpuFree: Predicate = (state) => isModelReady(state) && isRunAtRest(state) && !isGpuTaken(state);

/** The GPU is free, and no run that has just ended is being measured, to be saved: another pruning would replace it. */
const canReplacePruning: Predicate = (state) =>
  isGpuFree(state) && !(state.pruned.phase === "measuring" && isEndedUnsaved(state));

/** A run that is to begin waits until the one before it is saved. */
export const canTrain = isGpuFree;
export const canStep = isGpuFree;
/** Pausing a run, or cancelling one that has not begun. */
export const canPause: Predicate = ({ run, startWaits }) => run.phase === "training" || startWaits;
/** Ending a run, or cancelling one that has not begun. */
export const canStop: Predicate = (state) => {
  const { run, pendingCommand, startWaits } = state;
  if (startWaits) return true;
  const begun = run.phase === "training" || run.phase === "paused";
  return begun && pendingCommand === null && isModelReady(state) && !isGpuTaken(state);
};
export const canReset: Predicate = (state) => isGpuFree(state) && state.run.phase !== "idle";
/** Resuming a checkpoint of an earlier session, or discarding it. */
export const canResume: Predicate = (state) => isGpuFree(state) && state.resumable !== null;

/** Only the target may change while a run trains or is paused. */
export const canEditRecipe: Predicate = ({ run, pendingCommand, startWaits }) =>
  run.phase !== "training" && run.phase !== "paused" && pendingCommand !== "train" && !startWaits;
export const canChangeTexts: Predicate = ({ run, pendingCommand, startWaits }) =>
  run.phase !== "training" && pendingCommand !== "train" && !startWaits;
export const canChooseMethod: Predicate = (state) => isRunAtRest(state) && state.weightPruning.phase !== "pruning";

/** Whether these can become the settings now: while a run is locked, only the target may differ. */
const canChangeSettings = (state: StudioState, settings: Settings): boolean =>
  (canEditRecipe(state) && canChooseMethod(state)) ||
  settingChanges(state, settings).every(({ field }) => field === "ratio");
export const canUndo: Predicate = (state) => {
  const [last] = state.undoable.slice(-1);
  return last !== undefined && canChangeSettings(state, last);
};
export const canRedo: Predicate = (state) => {
  const [last] = state.redoable.slice(-1);
  return last !== undefined && canChangeSettings(state, last);
};

/** Opening another model, or removing a cached one. An opening waits for its turn, so the GPU need not be free. */
export const canOpenModel: Predicate = (state) => {
  const { model, device } = state;
  return isRunAtRest(state) && model.phase !== "opening" && device.phase !== "reopening" && device.phase !== "dead";
};
/** The self-check needs a device, but no model. */
export const canSelfCheck: Predicate = (state) =>
  state.device.phase === "ready" && state.model.phase !== "opening" && isRunAtRest(state) && !isGpuTaken(state);

export const canPruneWeights = canReplacePruning;
/** Training the kept weights of the current pruning, once; also after a refit. */
export const canRecover: Predicate = (state) =>
  canReplacePruning(state) && isPruned(state) && !state.recovered?.facts.recipe;
/** Refitting them, once, before any training. */
export const canRefit: Predicate = (state) => canReplacePruning(state) && isPruned(state) && state.recovered === null;
export const canResumeRecovery: Predicate = (state) => canReplacePruning(state) && state.pausedRecovery !== null;
export const canUndoRecovery: Predicate = (state) => isGpuFree(state) && state.recovered !== null;
export const canGenerate: Predicate = (state) => isGpuFree(state) && isPruned(state) && state.prompt.trim() !== "";
export const canRestoreRun = canReplacePruning;
/** Making the run of this session the current pruning again. */
export const canShowRun: Predicate = (state) => isGpuFree(state) && !showsRun(state) && state.run.phase !== "idle";
/** The current architecture is saved as it was measured last. */
const isKept: Predicate = ({ runs, architecture, pruned }) => {
  const reading = lastOf(pruned)?.result;
  const made = JSON.stringify(architecture?.made);
  return (runs ?? []).some(({ made: saved, perplexity: { text, context, tokens } }) => {
    const alike = text.sha256 === reading?.text.sha256 && context === reading.context && tokens === reading.tokens;
    return alike && JSON.stringify(saved) === made;
  });
};

/** Another threshold of a finished run can be kept as a run of its own, once it is measured. */
export const canKeepPoint: Predicate = (state) => {
  const { architecture, pruned, dense, run } = state;
  const now = currentPruning(state);
  const isPoint = architecture !== null && ["point", "every"].includes(runKind(architecture.made));
  // A recovered model is saved as a run of its own.
  if (state.recovered || !isPoint || isKept(state) || !showsRun(state) || !now || run.phase === "training")
    return false;
  if (pruned.phase !== "measured" || dense.phase !== "measured" || pruned.last.stale || dense.last.stale) return false;
  return samePruned(pruned.last.of, now) && isGpuFree(state);
};
export const canCompareLosses = isGpuFree;
/** Two runs, or a run and the dense model, write from the prompt. */
export const canWritePair: Predicate = (state) => isGpuFree(state) && state.prompt.trim() !== "";
export const canScoreTasks: Predicate = (state) =>
  isGpuFree(state) && (state.madeTasks.length > 0 || state.taskFile !== null);
/** The curve is measured in the background, so the GPU need not be free. */
export const canMeasureCurve: Predicate = (state) =>
  isModelReady(state) &&
  isRunAtRest(state) &&
  showsRun(state) &&
  state.architecture !== null &&
  state.recovered === null &&
  state.curve.phase !== "measuring";

const isSaving: Predicate = ({ saving }) => saving.phase === "saving";
export const canPrepareExport: Predicate = (state) => isGpuFree(state) && isPruned(state) && !isSaving(state);
/** A report of the current pruning, once that is measured. */
export const canReport: Predicate = (state) => {
  const now = currentPruning(state);
  const reading = lastOf(state.pruned);
  return isGpuFree(state) && now !== null && reading !== null && samePruned(reading.of, now);
};
/** Sizes are read from headers, so the GPU need not be free. */
export const areSizesReadable: Predicate = (state) => isModelReady(state) && isRunAtRest(state) && isPruned(state);
export const canPrepareNested: Predicate = (state) =>
  isGpuFree(state) && state.architecture?.trainedFor !== undefined && !isSaving(state);
export const canMeasureSpeed: Predicate = (state) =>
  isGpuFree(state) && state.exported.last !== null && !isSaving(state);
/** What is being prepared would replace what is saved. */
export const canSave: Predicate = (state) =>
  state.exported.phase !== "preparing" && state.nested.phase !== "preparing" && !isSaving(state);

/** The predicates of the run's commands. */
export const CAN_COMMAND: Readonly<Record<RunCommand, Predicate>> = {
  train: canTrain,
  pause: canPause,
  step: canStep,
  stop: canStop,
  reset: canReset,
};

/** The commands of each key; the first one that is allowed is meant. */
export const RUN_KEYS = {
  t: ["pause", "train"],
  s: ["step"],
  x: ["stop"],
  r: ["reset"],
} as const satisfies Record<string, readonly RunCommand[]>;
export type RunKey = keyof typeof RUN_KEYS;

/** The command that a key means in this state; null if none is allowed. */
export function commandOfKey(key: RunKey, state: StudioState): RunCommand | null {
  return RUN_KEYS[key].find((command) => CAN_COMMAND[command](state)) ?? null;
}
