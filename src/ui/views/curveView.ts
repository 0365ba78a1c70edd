// A run's curve as the chart shows it: its points, the dense model, and saved runs for one ratio that were measured in the same way.
import type { RatioCurveData } from "../../charts/index.ts";
import { runKind, type RunRecord } from "../../engine/index.ts";
import { type PerplexityReading, sameReading } from "../../state/text/textState.ts";
import type { CurvePoint } from "../../worker/protocol.ts";

interface CurveInput {
  /** What was measured of the current run. */
  points: readonly CurvePoint[];
  /** The saved runs. */
  runs: readonly RunRecord[];
  dense: PerplexityReading | null;
  /** The current target. */
  ratio: number;
  /** Number of block weights of the dense model. */
  blocks: number;
}

/** What the chart draws. */
export function ratioCurveOf({ points, runs, dense, ratio, blocks }: CurveInput): RatioCurveData {
  const [first] = points;
  const every = first?.architecture.trainedFor !== undefined;
  const comparable = first && dense && sameReading(first.result, dense.result);
  return {
    name: every ? "this run, every ratio" : "this run, re-thresholded",
    points: points.map(({ architecture, result }) => ({
      ratio: architecture.ratio,
      x: architecture.keptWeights / blocks,
      y: result.value,
    })),
    runs: first ? runs.flatMap((run) => pointOf(run, first)) : [],
    dense: comparable ? { x: 1, y: dense.result.value } : null,
    ratio,
  };
}

/** A run that was trained for one ratio as a point; none for other thresholds of a run, and where its perplexity is not comparable. */
function pointOf(run: RunRecord, { result, fingerprint }: CurvePoint): RatioCurveData["runs"] {
  const { made, model, perplexity, kept, name, recovery } = run;
  if (recovery || made.kind !== "disp" || runKind(made) !== "dedicated") return [];
  const { text, context, tokens, beginToken, quantised, pruned } = perplexity;
  if (quantised !== result.quantised) return [];
  const sameText = text.sha256 === result.text.sha256 && context === result.context && tokens === result.tokens;
  if (model.fingerprint !== fingerprint || !sameText || beginToken !== result.beginToken) return [];
  const { ratio } = made.recipe;
  return [{ ratio, x: kept.blockWeights.kept / kept.blockWeights.of, y: pruned, label: name }];
}
