// State of the training run, of the current pruning, and of the run's curve.
import type { EngineError, Nestedness, Recipe, RunRecord, WeightMethod, WeightRecipe } from "../../engine/index.ts";
import type {
  CurvePoint,
  GuardReading,
  MatrixRequest,
  MatrixView,
  NamedWindow,
  PrunedMlp,
  PausedRecovery,
  RecoverSettings,
  RecoveryFacts,
  RunArchitecture,
  RunElsewhere,
  RunState,
  ShownLogits,
  WeightWindow,
} from "../../worker/protocol.ts";

export type RunCommand = "train" | "pause" | "step" | "stop" | "reset";

export interface RunSlice {
  run: RunState;
  /** The command that the worker has not answered yet; "train" counts until the first step. */
  pendingCommand: RunCommand | null;
  /** The pending "train" or "step" waits until the dense model is measured; "pause" and "stop" cancel it. */
  startWaits: boolean;
  recipe: Recipe;
  pace: { msPerStep: number; secondsLeft: number } | null;
  /** The recipe of the paused run while that of a restored one is shown; the run continues with it. */
  pausedRecipe: Recipe | null;
  /** A checkpoint of the open model from an earlier session. */
  resumable: { recipe: Recipe; step: number; note?: string } | null;
  /** Runs of the open model that belong to other tabs. */
  runsElsewhere: readonly RunElsewhere[];
  runError: EngineError | null;
  setRecipe(patch: Partial<Recipe>): void;
  /** Starts or continues the run. Resolves when it pauses or ends, or when its start is cancelled. */
  train(): Promise<void>;
  pause(): Promise<void>;
  step(): Promise<void>;
  stop(): Promise<void>;
  /** Discards the run, its checkpoint and the current pruning. */
  reset(): Promise<void>;
  /** Continues the checkpoint, with its recipe. */
  resume(): Promise<void>;
}

/** A saved run that was restored. */
interface Restored {
  record: RunRecord;
  /** What was not saved with it or cannot be brought back, in words: "its curves". */
  missing: readonly string[];
}

export interface GatesSlice {
  /** The architecture that is the current pruning: the run's at the target, or that of a restored run. */
  architecture: RunArchitecture | null;
  /** The saved run whose masks are the current pruning. */
  restored: Restored | null;
  /** Gate logits that were read last; of the current pruning where `shownLogits` says so. */
  gateLogits: ShownLogits | null;
  /**
   * Moves the target: a training run aims at it from the next step on, and its architecture follows at once. It is measured once the slider
   * rests. While something else is the current pruning, that stays, and the target is for the next run.
   */
  setRatio(ratio: number): void;
  /** Requests the architecture at the present target. */
  retarget(): void;
  /** Reads the gate logits of the current pruning, unless they are there. */
  readGateLogits(): Promise<void>;
  /** Makes the run of this session the current pruning again, with its recipe. */
  showRun(): Promise<void>;
}

export interface CurveSlice {
  /** Perplexity of one run at several ratios, ascending, as far as measured. */
  curve:
    | { phase: "none" }
    | { phase: "measuring" | "stopped"; points: readonly CurvePoint[] }
    /** nested: how many gates kept at one ratio are missing at the next larger one. */
    | { phase: "measured"; points: readonly CurvePoint[]; nested: Nestedness }
    | { phase: "failed"; points: readonly CurvePoint[]; error: EngineError };
  /** Measures the run at one ratio after another. Every other use of the GPU goes first. */
  measureCurve(): Promise<void>;
  /** Stops measuring; the points so far stay. */
  stopCurve(): void;
  /** Makes the current point wait until the slider rests. */
  yieldCurve(): void;
}

export interface WeightsSlice {
  /** DISP-LLM prunes structures, the other methods single weights. */
  method: "disp" | WeightMethod;
  weightRecipe: WeightRecipe;
  /** Pruned single weights, while they are the current pruning. */
  weights: PrunedMlp | null;
  weightPruning: { phase: "none" } | { phase: "pruning" } | { phase: "failed"; error: EngineError };
  setWeightRecipe(patch: Partial<WeightRecipe>): void;
  /** Chooses a method; one for single weights is also written into their recipe. */
  chooseMethod(method: WeightsSlice["method"]): void;
  pruneWeights(): Promise<void>;
  cancelWeights(): Promise<void>;
  /** Reads a part of a matrix of the MLP. Rejects with "shape" for a part that is too large or outside the matrix. */
  weightWindow(place: NamedWindow): Promise<WeightWindow>;
  /** Reads a matrix of the open model as cells of weights. Rejects with "cancelled" once another one is asked for, and with errors of the files. */
  readMatrix(request: MatrixRequest): Promise<MatrixView>;
}

/** How the kept weights of the current pruning were refitted or trained. */
interface RecoveredPruning {
  facts: RecoveryFacts;
  /** Of the guard while it trained; empty for a refit. */
  readings: readonly GuardReading[];
  /** Of training after a refit: the refit. */
  after?: RecoveredPruning;
}

export interface RecoverSlice {
  recoverChoice: RecoverSettings;
  /** readings: of the guard; the first one is of the pruned model. refit: least squares, not training. undone: it did not improve, so the weights before it stay. */
  recovery:
    | { phase: "none" }
    | { phase: "recovering"; readings: readonly GuardReading[]; refit?: true }
    | { phase: "undone"; readings: readonly GuardReading[]; facts: RecoveryFacts }
    | { phase: "failed"; error: EngineError };
  /** The recovery of the current pruning, with the guard's readings; null where its kept weights are those of pruning. */
  recovered: RecoveredPruning | null;
  /** The recovery of the open model whose state is on disk, of this session or an earlier one; also while it runs. */
  pausedRecovery: PausedRecovery | null;
  /** Pace of the last recovery of this model, milliseconds per step; null before the first. */
  recoverPace: number | null;
  /** Changes some of the choice. Matrices without a rank are trained themselves, without adapters. */
  chooseRecovery(patch: Partial<RecoverSettings>): void;
  /** Trains the kept weights of the current pruning towards the dense model. */
  recover(): Promise<void>;
  /** Refits them by least squares, without training. */
  refit(): Promise<void>;
  /** Ends training after the current step, with the best weights that the guard has measured; a refit leaves the weights as they were. */
  stopRecovery(): Promise<void>;
  /** Pauses it after the current step; it can be resumed in a later session too. */
  pauseRecovery(): Promise<void>;
  /** Continues the paused recovery with its own choice, and makes what it trains the current pruning. */
  resumeRecovery(): Promise<void>;
  /** Removes the paused recovery. */
  discardRecovery(): Promise<void>;
  /** Goes back to the weights before the recovery. */
  undoRecovery(): Promise<void>;
}
