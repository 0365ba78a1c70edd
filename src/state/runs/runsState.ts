// State of the library of runs, and of the comparison of two of them.
import type { EngineError, Run, RunMasks, RunRecord } from "../../engine/index.ts";
import type { TokenLosses } from "../../worker/protocol.ts";

export interface RunsSlice {
  /** Saved runs, newest first; null before they were listed. */
  runs: readonly RunRecord[] | null;
  /** How many records in the browser could not be read. */
  unreadableRuns: number;
  runsError: EngineError | null;
  /** The last import: how many runs are new, and how many were already saved. */
  runsNote: { imported: number; known: number } | null;
  /** The run that was just removed and can be brought back. */
  removedRun: Run | null;
  loadRuns(): Promise<void>;
  /** Saves the current pruning as a finished run, unless the same masks on the same text are saved already. msPerToken: medians in ms. */
  saveRun(msPerToken?: { dense: number; pruned: number } | null): Promise<void>;
  renameRun(id: string, name: string): Promise<void>;
  removeRun(id: string): Promise<void>;
  undoRemove(): Promise<void>;
  /** These runs as JSON text; null if that failed. */
  exportRuns(ids: readonly string[]): Promise<string | null>;
  importRuns(text: string, file: string): Promise<void>;
  readRunMasks(id: string): Promise<RunMasks>;
  /** Makes a saved run the current pruning. */
  restoreRun(id: string): Promise<void>;
}

export interface LossesSlice {
  /** Loss by token of two saved runs on the evaluation text. */
  losses:
    | { phase: "none" }
    | { phase: "reading" }
    | { phase: "read"; first: string; second: string; result: TokenLosses }
    | { phase: "failed"; error: EngineError };
  compareLosses(first: string, second: string): Promise<void>;
  cancelLosses(): Promise<void>;
}
