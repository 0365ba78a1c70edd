// State of the training run, of the current pruning, and of the run's curve.
import type { EngineError, Nestedness, Recipe, WeightMethod, WeightRecipe } from "../../engine/index.ts";
import type {
  CurvePoint,
  NamedWindow,
  PrunedMlp,
  RunArchitecture,
  RunState,
  WeightWindow,
} from "../../worker/protocol.ts";

export type RunCommand = "train" | "pause" | "step" | "stop" | "reset";

export interface RunSlice {
  run: RunState;
  /** The command that the worker has not answered yet; "train" counts until the first step. */
  pendingCommand: RunCommand | null;
  recipe: Recipe;
  pace: { msPerStep: number; secondsLeft: number } | null;
  /** A checkpoint of the open model from an earlier session. */
  resumable: { recipe: Recipe; step: number } | null;
  runError: EngineError | null;
  setRecipe(patch: Partial<Recipe>): void;
  /** Starts or continues the run. Resolves when it pauses or ends. */
  train(): Promise<void>;
  pause(): Promise<void>;
  step(): Promise<void>;
  stop(): Promise<void>;
  /** Discards the run, its checkpoint and the current pruning. */
  reset(): Promise<void>;
  /** Continues the checkpoint, with its recipe. */
  resume(): Promise<void>;
}

export interface GatesSlice {
  /** The run's architecture at the target, while that is the current pruning. */
  architecture: RunArchitecture | null;
  /** Moves the target: a training run aims at it from the next step on, and the architecture follows at once. It is measured once the slider rests. */
  setRatio(ratio: number): void;
  /** Requests the architecture at the present target. */
  retarget(): void;
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
}
