// When a run has ended and is to be saved.
import { currentPruning, samePruned } from "../run/currentPruning.ts";
import type { StudioState } from "../storeState.ts";

type Ended = Pick<StudioState, "run" | "weights" | "architecture" | "restored" | "recovered" | "savedRun">;
type Known = Ended & Pick<StudioState, "pruned" | "dense">;

/** Whether what is shown is a run that has ended, pruned single weights or a recovered model, and is not saved yet. */
export function isEndedUnsaved(state: Ended): boolean {
  const { run, weights, architecture, restored, recovered, savedRun } = state;
  const now = currentPruning(state);
  if ((restored && !recovered) || !now || now.run === savedRun || run.phase === "training") return false;
  if (weights !== null || recovered !== null || run.phase === "done") return true;
  return run.phase === "idle" && isWhole(architecture);
}

/**
 * Whether a run has ended, single weights were pruned or a model was recovered, and that has just been measured for the first time: then it is saved. A training
 * is one run: other thresholds that are visited afterwards are points of it.
 */
export function isRunFinished(state: Known, before: Known): boolean {
  const { pruned, dense, run } = state;
  const now = currentPruning(state);
  if (!now || !isEndedUnsaved(state)) return false;
  if (pruned === before.pruned && dense === before.dense && run.phase === before.run.phase) return false;
  const fresh = pruned.phase === "measured" && dense.phase === "measured" && !pruned.last.stale && !dense.last.stale;
  // A reading from the middle of the run is of other masks.
  return fresh && samePruned(pruned.last.of, now);
}

/** Whether masks are of the last step: after the loss of a device, those of an unfinished run are still on the screen. */
const isWhole = (architecture: StudioState["architecture"]): boolean =>
  architecture?.made.kind === "disp" && architecture.step >= architecture.made.recipe.steps;
