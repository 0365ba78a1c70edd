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
  /** Target ratios, each from its step on, ascending in step; more than one where the target was moved. */
  targets?: readonly RunTarget[];
}

interface RunTarget {
  step: number;
  ratio: number;
}

/** Entries in use. */
export const countOf = ({ count, step }: Pick<RunData, "count" | "step">): number =>
  Math.min(count ?? step.length, step.length);

/** The target in force at a step, or null before the first. */
export function targetAt(targets: RunData["targets"], step: number): number | null {
  let ratio: number | null = null;
  for (const target of targets ?? []) if (target.step <= step) ratio = target.ratio;
  return ratio;
}

/** Whether steps draw targets of their own, as in a run for every ratio: two lines would then be two clouds. */
export const drawsTargets = ({ targets = [] }: Pick<RunData, "targets">, count: number): boolean =>
  targets.length > Math.max(4, count / 2);

/** kept - target of the first `count` steps. */
export function distances(
  { step, kept, targets = [] }: Pick<RunData, "step" | "kept" | "targets">,
  count: number,
): Float64Array {
  let next = 0;
  return Float64Array.from({ length: count }, (_, i) => {
    while ((targets[next]?.step ?? Infinity) <= (step[i] ?? 0)) next += 1;
    return (kept[i] ?? NaN) - (targets[next - 1]?.ratio ?? NaN);
  });
}
