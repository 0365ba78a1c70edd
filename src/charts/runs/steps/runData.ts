// The series of a run as its charts read them.

/** A run so far. The arrays may be longer than `count`, so that a buffer can grow in place. */
export interface RunData {
  /** Step numbers, ascending. */
  step: ArrayLike<number>;
  /** Loss of the language model in nats per token. */
  loss: ArrayLike<number>;
  /** R = |ln(T(s) / (p T_total))|, without lambda (METHOD.md 1.4). */
  penalty: ArrayLike<number>;
  /** Kept share of the block weights, 0..1. */
  kept: ArrayLike<number>;
  /** Entries in use; all of `step` if not given. */
  count?: number;
  /** Steps the run is planned for: the axis reaches at least there. */
  plannedSteps?: number;
  /** R at step 0 where `penalty` does not start there (a resumed run). */
  penaltyStart?: number;
  /** Target ratio of each step. Before the first step it has one entry, the planned target. */
  target?: ArrayLike<number>;
  /** Perplexities of the pruned model on the evaluation text, after this many steps, ascending; all measured in the same way. */
  readings?: readonly { step: number; perplexity: number }[];
  /** How many readings are not among them, because they were measured on another text, context or number of tokens. */
  otherReadings?: number;
  /** Perplexity of the dense model, measured in the same way as `readings`. */
  dense?: number;
}

/** Entries in use. */
export const countOf = ({ count, step }: Pick<RunData, "count" | "step">): number =>
  Math.min(count ?? step.length, step.length);

/** The target and the step at which it was set, wherever it changed. Before the first step: the planned target, at step 0. */
export function targetChanges({ step, target }: Pick<RunData, "step" | "target">, count: number): TargetChange[] {
  const changes: TargetChange[] = [];
  for (let i = 0; i < Math.max(1, count); i += 1) {
    const ratio = target?.[i];
    if (ratio !== undefined && ratio !== changes.at(-1)?.ratio) changes.push({ step: step[i] ?? 0, ratio });
  }
  return changes;
}

interface TargetChange {
  step: number;
  ratio: number;
}

/** Whether steps draw targets of their own, as in a run for every ratio: two lines would then be two clouds. */
export const drawsTargets = (data: Pick<RunData, "step" | "target">, count: number): boolean =>
  targetChanges(data, count).length > Math.max(4, count / 2);

/** kept - target of the first `count` steps. */
export const distances = ({ kept, target }: Pick<RunData, "kept" | "target">, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => (kept[i] ?? NaN) - (target?.[i] ?? NaN));
