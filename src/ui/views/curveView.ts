// A run's curve as the chart shows it: its points, the dense model, and the library's runs for one ratio that were measured alike.
import type { RatioCurveData } from "../../charts/index.ts";
import type { RunRecord } from "../../engine/index.ts";
import type { PerplexityReading } from "../../state/storeState.ts";
import { sameReading } from "../../state/text/textSlice.ts";
import type { CurvePoint } from "../../worker/protocol.ts";

export interface CurveInput {
  points: readonly CurvePoint[];
  runs: readonly RunRecord[];
  dense: PerplexityReading | null;
  /** Where the slider stands. */
  ratio: number;
  /** Weights of the blocks. */
  blocks: number;
}

/** What the chart draws. */
export function ratioCurveOf({ points, runs, dense, ratio, blocks }: CurveInput): RatioCurveData {
  const [first] = points;
  const every = first?.architecture.trainedFor !== undefined;
  const alike = first && dense && sameReading(first.result, dense.result);
  return {
    name: every ? "this run, every ratio" : "this run, its threshold moved",
    points: points.map(({ architecture, result }) => ({
      ratio: architecture.ratio,
      x: architecture.keptBlockWeights / blocks,
      y: result.value,
    })),
    runs: first ? runs.flatMap((run) => pointOf(run, first)) : [],
    dense: alike ? { x: 1, y: dense.result.value } : null,
    ratio,
  };
}

/** A run for one ratio as a point; none where its perplexity means something else. */
function pointOf(run: RunRecord, { result, fingerprint, textSha256 }: CurvePoint): RatioCurveData["runs"] {
  const { made, model, perplexity, kept, name } = run;
  if (made.kind !== "disp" || made.recipe.ratioMode !== "one") return [];
  const { text, context, tokens, beginToken, pruned } = perplexity;
  const alike = text.sha256 === textSha256 && context === result.context && tokens === result.tokens;
  if (model.fingerprint !== fingerprint || !alike || beginToken !== result.bosAdded) return [];
  const { ratio } = made.recipe;
  return [{ ratio, x: kept.blockWeights.kept / kept.blockWeights.of, y: pruned, label: name }];
}
