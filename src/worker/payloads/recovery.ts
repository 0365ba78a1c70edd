// Recoveries of the kept weights.
import type { GuardRecord, RecoverRecipe, RecoverScope, RefitRecipe } from "../../engine/index.ts";
import type { PerplexityResult } from "./measure.ts";

/** How a recovery is wanted; the rest of its recipe follows. */
export interface RecoverSettings extends RecoverScope {
  steps: number;
  /** Of the windows of the training text. */
  seed: number;
}

/** A recovery that was paused, in this session or an earlier one, and can be resumed. */
export interface PausedRecovery {
  choice: RecoverSettings;
  step: number;
  /** Of the guard so far. */
  readings: readonly GuardReading[];
  /** Name of the pruning that it trains. */
  of: string;
}

/** What a recovery has done. */
export interface RecoveryFacts {
  /** Least squares, before any training; missing where there were none. */
  refit?: RefitRecipe;
  /** Of the training; missing where the weights were only refitted. */
  recipe?: RecoverRecipe;
  /** Steps done: fewer than the recipe's after a stop. */
  step: number;
  /** Perplexities of the guard's slice. */
  guard: GuardRecord;
  /** Perplexity before it, on the evaluation text. */
  before: PerplexityResult;
  /** Whether the guard measured no improvement: then the current pruning is the one before. */
  undone: boolean;
  /** Mean milliseconds per step, measurements of the guard included. */
  msPerStep: number;
}

/** A measurement of the guard. */
export interface GuardReading {
  step: number;
  /** Perplexities of the guard's slice: of the model as trained so far, and of the dense one. */
  value: number;
  dense: number;
}
