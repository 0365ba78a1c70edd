// The curves of a training from the command line: its metrics step by step, packed as the studio saves them with a run.
import { packHistory, type PerplexityPair, type RunHistory, type StepMetrics } from "../../engine/index.ts";

const NAMES = ["step", "loss", "penalty", "kept", "target"] as const;

/** Metrics of consecutive steps. */
export type RunCurves = Record<(typeof NAMES)[number], number[]>;

export const noCurves = (): RunCurves => ({ step: [], loss: [], penalty: [], kept: [], target: [] });

/** Adds the metrics of a report. */
export function addMetrics(curves: RunCurves, metrics: StepMetrics): void {
  for (const name of NAMES) curves[name].push(...metrics[name]);
}

/** As saved with the run, with its perplexity at the end. Undefined where no step was recorded. ratio: of the masks that were measured. */
export function savedHistory(
  curves: RunCurves,
  { ratio, steps, measured }: { ratio: number; steps: number; measured: PerplexityPair },
): RunHistory | undefined {
  const { text, context, tokens, beginToken, pruned, quantised } = measured;
  const on = { text, context, tokens, beginToken, ...(quantised ? { quantised } : {}) };
  return packHistory({ ...curves, count: curves.step.length }, [{ step: steps, ratio, value: pruned, ...on }]);
}
