// Loss and budget penalty R by step: from series to paths and axes.
import { scaleLinear, tickFormat, ticks } from "d3";
import { loss as lossText, percent } from "../../../shared/format.ts";
import { axisGeometry } from "../../lib/marks/axes.ts";
import type { LegendItem } from "../../lib/marks/legend.ts";
import { bucketIndices, finiteExtent, normalise, smooth } from "../../lib/numbers/sampling.ts";
import { pixelOf, type Span } from "../../lib/numbers/span.ts";
import { dotPath, linePath } from "../../lib/marks/paths.ts";
import type { RunData } from "./runData.ts";
import { placer, type RunParts, type RunPlot, type RunView } from "./runGeometry.ts";

export interface LossPlot extends RunPlot {
  /** Axes of the loss and of R relative to step 0. */
  lossY: Span;
  relativeY: Span;
  /** Moving average of the loss, and R relative to step 0; the first `count` entries are in use. */
  average: Float64Array;
  relative: Float64Array;
  /** Paths: a dot per step, and two lines. */
  lossDots: string;
  lossLine: string;
  relativeLine: string;
}

const TICKS = 5;

/** An axis up the plot from `low` to `high`, widened to round numbers. */
function niceSpan([low, high]: readonly [number, number], { bottom, top }: RunView): Span {
  const [from = low, to = high] = scaleLinear([low, high], [0, 1]).nice(TICKS).domain();
  return { low: from, high: to, start: bottom, end: top };
}

const axisOf = (y: Span, side: "left" | "right", view: RunView) =>
  axisGeometry(y, {
    side,
    at: view[side],
    ticks: ticks(y.low, y.high, TICKS),
    format: tickFormat(y.low, y.high, TICKS),
    grid: side === "left" ? view.right - view.left : 0,
  });

/**
 * Lays the curves out.
 * @param span of the moving average, in steps
 */
function lossPlot(data: RunData, view: RunView, span: number, old: LossPlot | null): LossPlot {
  const { count, buckets, left, right, top } = view;
  const average = smooth(data.loss, count, span, old?.average);
  const relative = normalise(data.penalty, count, data.penaltyStart, old?.relative);
  const [low, high] = finiteExtent(data.loss, count) ?? [0, 1];
  const lossY = niceSpan(low < high ? [low, high] : [low - 0.5, high + 0.5], view);
  const relativeY = niceSpan([0, Math.max(1, finiteExtent(relative, count)?.[1] ?? 1)], view);
  const lossAt = placer(data, view, lossY);
  const relativeAt = placer(data, view, relativeY);
  return {
    lossY,
    relativeY,
    average,
    relative,
    axes: [axisOf(lossY, "left", view), axisOf(relativeY, "right", view)],
    words: [
      { x: left, y: top - 8, text: "loss (nats per token)", colour: "--chart-loss" },
      { x: right, y: top - 8, text: "R relative to step 0", anchor: "end", colour: "--chart-penalty" },
    ],
    lossDots: dotPath(bucketIndices(data.step, data.loss, count, buckets), lossAt(data.loss)),
    lossLine: linePath(bucketIndices(data.step, average, count, buckets / 2), lossAt(average)),
    relativeLine: linePath(bucketIndices(data.step, relative, count, buckets / 2), relativeAt(relative)),
    name:
      `Loss and budget penalty R by step, ${count} points up to step ${data.step[count - 1] ?? 0}: average loss ` +
      `${lossText(average[count - 1] ?? 0)}, R relative to step 0 ${lossText(relative[count - 1] ?? 0)}.`,
  };
}

const legendOf = (span: number): readonly LegendItem[] => [
  { label: `loss, ${span}-step average`, colour: "--chart-loss", mark: "line" },
  { label: "loss per step", colour: "--chart-loss", mark: "dot" },
  { label: "R relative to step 0", colour: "--chart-penalty", mark: "line" },
];

/** The functions of the chart, for a moving average over `span` steps. */
export function lossParts(span: number): RunParts<LossPlot> {
  return {
    heightPx: 190,
    captionPx: 14,
    legend: () => legendOf(span),
    plot: (data, view, old) => lossPlot(data, view, span, old),
    tip: ({ data, plot }, i) => [
      { label: "loss", value: lossText(data.loss[i] ?? NaN) },
      { label: "average loss", value: lossText(plot.average[i] ?? NaN), colour: "--chart-loss" },
      { label: "R relative to step 0", value: lossText(plot.relative[i] ?? NaN), colour: "--chart-penalty" },
      { label: "R", value: (data.penalty[i] ?? NaN).toFixed(4) },
      { label: "kept", value: percent(data.kept[i] ?? NaN) },
    ],
    dots: ({ plot }, i) => [
      { y: pixelOf(plot.lossY, plot.average[i] ?? NaN), colour: "--chart-loss" },
      { y: pixelOf(plot.relativeY, plot.relative[i] ?? NaN), colour: "--chart-penalty" },
    ],
  };
}
