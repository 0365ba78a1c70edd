// Training runs, and the architectures that they give.
import type { Architecture, RunRecipe, StepMetrics, WeightRecipe } from "../../engine/index.ts";

/** The state of the training run. */
export type RunState =
  | { phase: "idle" }
  | { phase: "training"; step: number; of: number }
  | { phase: "paused"; step: number; of: number }
  | { phase: "done"; step: number; of: number };

/** Metrics of the steps since the last event, and the pace. */
export interface Metrics extends StepMetrics {
  msPerStep: number;
  secondsLeft: number;
}

/** Identifies masks: equal for equal masks only. */
export interface PrunedId {
  /** Id of the training run, of the pruning of single weights, or of the saved run that was restored. */
  run: string;
  /** Kept share of the block weights: the target of an architecture; what is left after pruning single weights. */
  ratio: number;
  /** Step of the run that the gate logits are from; 0 where there was no training. */
  step: number;
  /** Of single weights only. */
  recipe?: WeightRecipe;
}

/** A run's architecture at one ratio (METHOD.md 1.5). */
export interface RunArchitecture
  extends Omit<PrunedId, "recipe">, Pick<Architecture, "masks" | "counts" | "keptWeights"> {
  /** Parameters of the pruned model. */
  keptTotalWeights: number;
  /** What made it: recipe, steps and targets of a training, or a baseline. */
  made: Exclude<RunRecipe, { kind: "weights" }>;
  /** The range of ratios that a run for every ratio was trained for. */
  trainedFor?: { from: number; to: number };
}

/** Gate logits of the run's architecture. */
export interface ShownLogits {
  /** The masks that they gave, while these are the current pruning. */
  of: PrunedId;
  /** Of each of the 5L vectors, index 5 * block + k; null for a vector that is not pruned. */
  vectors: readonly (Float32Array | null)[];
}

/** A run of the open model in another tab, at its last checkpoint. */
export interface RunElsewhere {
  step: number;
  /** Of the recipe. */
  steps: number;
  seed: number;
}
