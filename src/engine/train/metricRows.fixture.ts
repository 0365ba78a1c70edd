// For tests: the metrics of a run as one object per step.
import type { StepMetrics } from "./session.ts";

export type MetricRow = Record<keyof StepMetrics, number>;

/** The columns as rows, oldest step first. */
export function metricRows({ step, loss, penalty, kept, target }: StepMetrics): MetricRow[] {
  const at = (column: ArrayLike<number>, i: number): number => column[i] ?? NaN;
  return Array.from(step, (one, i) => ({
    ...{ step: one, loss: at(loss, i), penalty: at(penalty, i) },
    ...{ kept: at(kept, i), target: at(target, i) },
  }));
}
