// How the gate logits are spread, by selection vector, with the threshold that decides what is kept.
import { ticks } from "d3";
import { percent, whole } from "../../shared/format.ts";
import type { Chart } from "../lib/frame/chart.ts";
import { stackedBars } from "../lib/bars/stackedBars.ts";
import type { StackedBar, StackedContent } from "../lib/bars/stackedGeometry.ts";
import { VECTORS } from "../lib/numbers/vectors.ts";

export interface LogitHistogramData {
  /** Ends of the bins, one more than there are bins; empty where there are no gate logits. */
  edges: readonly number[];
  /** Gates in each bin: [bin][s1..s5]. */
  counts: readonly (readonly number[])[];
  /** How many gates of each bin are kept. */
  kept: readonly number[];
  /** The largest gate logit of a pruned gate; null where nothing is pruned. */
  threshold: number | null;
  /** Kept gates below it: those that keep a vector from being empty, or a width a multiple. */
  keptBelow: number;
  /** Probability that training keeps a gate of this logit in a step. */
  keepProbability?: (logit: number) => number;
  /** Why there are no gate logits. */
  empty?: string;
}

/** Draws the histogram into `node`. */
export const logitHistogram = (node: HTMLElement): Chart<LogitHistogramData> =>
  stackedBars(node, "logit-histogram", logitContent);

const KINDS = VECTORS.map(({ name, meaning, colour }) => ({ label: `${name} ${meaning}`, colour }));
const TICKS = 6;

export function logitContent(data: LogitHistogramData): StackedContent {
  const { edges, counts, threshold, keptBelow, empty } = data;
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const at = (logit: number): number => (logit - low) / (high - low || 1);
  const gates = counts.flat().reduce((sum, n) => sum + n, 0);
  const below = keptBelow > 0 ? `, ${whole(keptBelow)} kept below it` : "";
  const name =
    counts.length === 0
      ? `Histogram of gate logits: ${empty ?? "none"}.`
      : `Histogram of ${whole(gates)} gate logits from ${low.toFixed(2)} to ${high.toFixed(2)}; ` +
        `${threshold === null ? "nothing is pruned" : `threshold ${threshold.toFixed(3)}${below}`}.`;
  return {
    kinds: KINDS,
    bars: counts.map((_, bin) => barOf(data, bin, at)),
    ticks: counts.length === 0 ? [] : ticks(low, high, TICKS).map((value) => ({ at: at(value), text: String(value) })),
    ...{ x: "gate logit", y: "gates", ...(empty ? { empty } : {}), name },
    // of all gates: it may be beside those that are selected
    line:
      threshold === null || threshold < low || threshold > high
        ? null
        : { at: at(threshold), text: `threshold ${threshold.toFixed(2)}${below}` },
  };
}

function barOf(data: LogitHistogramData, bin: number, at: (logit: number) => number): StackedBar {
  const { edges, counts, kept, keepProbability } = data;
  const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
  const values = counts[bin] ?? [];
  const all = values.reduce((sum, n) => sum + n, 0);
  const rows = VECTORS.map(({ name, meaning, colour }, k) => ({
    ...{ label: `${name} ${meaning}`, value: whole(values[k] ?? 0), colour },
  }));
  const more = [
    { label: "kept", value: `${whole(kept[bin] ?? 0)} of ${whole(all)}` },
    ...(keepProbability ? [{ label: "keep probability", value: percent(keepProbability((from + to) / 2)) }] : []),
  ];
  return {
    ...{ from: at(from), to: at(to), values },
    tip: { title: `gate logit ${from.toFixed(2)} to ${to.toFixed(2)}`, rows: [...rows, ...more] },
  };
}
