// State of the library of runs, and of the comparison of two of them.
import type { Comparison, EngineError, Run, RunMasks, RunRecord } from "../../engine/index.ts";
import type { NextTokens, PairTexts, TokenLosses } from "../../worker/protocol.ts";

export interface RunsSlice {
  /** Saved runs, newest first; null before they were listed. */
  runs: readonly RunRecord[] | null;
  /** How many records in the browser could not be read. */
  unreadableRuns: number;
  /** Ids of runs that the browser did not store: they are in this tab only. */
  unsavedRuns: readonly string[];
  runsError: EngineError | null;
  /** The last import: how many runs are new, and how many were already saved. */
  runsNote: { imported: number; known: number } | null;
  /** Runs that were removed and can be brought back, the last one last. */
  removedRuns: readonly Run[];
  /** Id of the current pruning's run, once that is saved. */
  savedRun: string | null;
  loadRuns(): Promise<void>;
  /** Tries to store the unsaved runs. */
  saveUnsavedRuns(): Promise<void>;
  /** Saves the run at the ratio that it was trained for, or the pruned single weights, unless that was done. */
  saveRun(): Promise<void>;
  /** Measures and saves a run that has ended, unless that was done: a run that is about to begin replaces it. */
  keepEnded(): Promise<void>;
  /** Saves the current pruning as a point of its run, unless the same masks on the same text are saved already. */
  keepPoint(): Promise<void>;
  /** Notes the time per token of the current pruning in its saved run. Medians in ms. */
  saveTime(msPerToken: { dense: number; pruned: number }): Promise<void>;
  /** Notes the zero-shot scores of the current pruning in its saved run. */
  saveScores(): Promise<void>;
  renameRun(id: string, name: string): Promise<void>;
  removeRun(id: string): Promise<void>;
  /** Brings the last removed run back. */
  undoRemove(): Promise<void>;
  /** These runs as JSON text; null if that failed. */
  exportRuns(ids: readonly string[]): Promise<string | null>;
  importRuns(text: string, file: string): Promise<void>;
  readRunMasks(id: string): Promise<RunMasks>;
  /** A saved run with its masks and curves. Rejects with "config" if there is none, "storage" or "format" if its masks cannot be read. */
  readRun(id: string): Promise<Run>;
  /** The current pruning as a run, with the record that is saved of it, if any; null where nothing is pruned or measured. */
  shownRun(): Promise<Run | null>;
  /** Makes a saved run the current pruning, with its recipe, curves and texts. */
  restoreRun(id: string): Promise<void>;
}

export interface LossesSlice {
  /** Loss by token of two saved runs on the evaluation text. */
  losses:
    | { phase: "none" }
    | { phase: "reading" }
    | { phase: "read"; first: string; second: string | null; result: TokenLosses }
    | { phase: "failed"; error: EngineError };
  /** Compares a run with another one, or with the dense model (null). */
  compareLosses(first: string, second: string | null): Promise<void>;
  cancelLosses(): Promise<void>;
}

export interface ExamplesSlice {
  /** Finished runs that come with the page, while they are shown. They are not among `runs`. */
  examples: readonly Run[] | null;
  /** Shows them. The first one becomes the current pruning where that takes the place of nothing. */
  showExamples(): Promise<void>;
  /** Makes an example the current pruning. */
  loadExample(id: string): Promise<void>;
  /** Hides them. If one is the current pruning, the run of this session or the dense model takes its place, with the settings from before. */
  leaveExamples(): Promise<void>;
}

/** A place in one of two texts, and what is known of it. side: whose text; at: the index of the token. */
interface TextPlace {
  side: "first" | "second";
  at: number;
}

export interface ComparisonSlice {
  /** What two runs write; a missing second one is the dense model. */
  pairTexts:
    | { phase: "none" }
    | { phase: "writing" }
    | {
        phase: "written";
        first: string;
        second: string | null;
        /** How it was written: the settings may have changed since. */
        sampling: { prompt: string; tokens: number; temperature: number; seed: number };
        result: PairTexts;
      }
    | { phase: "failed"; error: EngineError };
  /** The likeliest tokens at one place of those texts. */
  nextTokens:
    | { phase: "none" }
    | ({ phase: "reading" } & TextPlace)
    | ({ phase: "read"; likely: NextTokens } & TextPlace)
    | { phase: "failed"; error: EngineError };
  /** A comparison that somebody else has made. */
  linkedComparison: Comparison | null;
  /** Writes with a run and another one, or the dense model (null), with the settings of the text panel. */
  writePair(first: string, second: string | null): Promise<void>;
  cancelPair(): Promise<void>;
  readNext(side: TextPlace["side"], at: number): Promise<void>;
  /** Shows a comparison from the text of a JSON file. */
  openComparison(text: string, file: string): void;
  /** Shows one from a link. packed: as `comparisonLink` made it. */
  openComparisonLink(packed: string): Promise<void>;
  closeComparison(): void;
}
