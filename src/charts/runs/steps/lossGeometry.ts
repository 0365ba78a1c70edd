// Loss and budget penalty R by step: from series to paths and axes.
import { scaleLinear, tickFormat, ticks } from "d3";
import { loss as lossText, percent, perplexityText, whole } from "../../../shared/format.ts";
import { axisGeometry } from "../../lib/marks/axes.ts";
import type { LegendItem } from "../../lib/marks/legend.ts";
import { bucketIndices, finiteExtent, normalise, smooth } from "../../lib/numbers/sampling.ts";
import { pixelOf, type Span } from "../../lib/numbers/span.ts";
import { dotPath, linePath } from "../../lib/marks/paths.ts";
import type { Words } from "../../lib/marks/words.ts";
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
  /** The readings as ln(perplexity), in nats per token on the axis of the loss: a line, a dot each, and the dense model as a line. */
  readingLine: string;
  readingDots: readonly (readonly [x: number, y: number])[];
  denseLine: string;
}

const TICKS = 5;
/** Left end of the word on the dense line: inside the plot, which begins at 42 (runGeometry.ts). */
const LEFT_WORDS_PX = 46;

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
  const readings = (data.readings ?? []).map(({ step, perplexity }) => ({ step, nats: Math.log(perplexity) }));
  const dense = readings.length > 0 && data.dense !== undefined ? [Math.log(data.dense)] : [];
  const [least, most] = finiteExtent(data.loss, count) ?? [0, 1];
  const extra = [...readings.map(({ nats }) => nats), ...dense];
  const [low, high] = [Math.min(least, ...extra), Math.max(most, ...extra)] as const;
  const lossY = niceSpan(low < high ? [low, high] : [low - 0.5, high + 0.5], view);
  const relativeY = niceSpan([0, Math.max(1, finiteExtent(relative, count)?.[1] ?? 1)], view);
  const lossAt = placer(data, view, lossY);
  const relativeAt = placer(data, view, relativeY);
  const dots = readings.map(({ step, nats }) => [pixelOf(view.x, step), pixelOf(lossY, nats)] as const);
  const [denseY] = dense.map((nats) => pixelOf(lossY, nats));
  return {
    lossY,
    relativeY,
    average,
    relative,
    axes: [axisOf(lossY, "left", view), axisOf(relativeY, "right", view)],
    words: [
      { x: left, y: top - 8, text: "loss (nats per token)", colour: "--chart-loss" },
      { x: right, y: top - 8, text: "R relative to step 0", anchor: "end", colour: "--chart-penalty" },
      ...readingWords(data, dots, denseY),
    ],
    lossDots: dotPath(bucketIndices(data.step, data.loss, count, buckets), lossAt(data.loss)),
    lossLine: linePath(bucketIndices(data.step, average, count, buckets / 2), lossAt(average)),
    relativeLine: linePath(bucketIndices(data.step, relative, count, buckets / 2), relativeAt(relative)),
    readingLine: linePath([...dots.keys()], (i) => dots[i] ?? [NaN, NaN]),
    readingDots: dots,
    denseLine: denseY === undefined ? "" : `M${left},${denseY}H${right}`,
    name:
      `Loss and budget penalty R by step, ${count} points up to step ${data.step[count - 1] ?? 0}: average loss ` +
      `${lossText(average[count - 1] ?? 0)}, R relative to step 0 ${lossText(relative[count - 1] ?? 0)}.${readingName(data)}`,
  };
}

/** The perplexities of the last reading and of the dense model, beside their marks. */
function readingWords({ readings = [], dense }: RunData, dots: LossPlot["readingDots"], denseY?: number): Words[] {
  const [last, at] = [readings.at(-1), dots.at(-1)];
  if (!last || !at) return [];
  const words: Words[] = [
    { x: at[0], y: at[1] - 7, text: perplexityText(last.perplexity), anchor: "end", className: "chart-strong" },
  ];
  if (denseY === undefined || dense === undefined) return words;
  return [...words, { x: LEFT_WORDS_PX, y: denseY - 4, text: `dense ${perplexityText(dense)}` }];
}

/** Readings that cannot stand beside the others. */
const notDrawn = (count: number): string =>
  `${whole(count)} ${count === 1 ? "perplexity" : "perplexities"} on other tokens not drawn`;

/** " 5 perplexities on the evaluation text, the last 26.19 after step 600; dense 19.47." */
function readingName({ readings = [], otherReadings = 0, dense }: RunData): string {
  const last = readings.at(-1);
  if (!last) return otherReadings > 0 ? ` ${notDrawn(otherReadings)}.` : "";
  const count = `${whole(readings.length)} ${readings.length === 1 ? "perplexity" : "perplexities"}`;
  const value = `the last ${perplexityText(last.perplexity)} after step ${whole(last.step)}`;
  return ` ${count} on the evaluation text, ${value}${dense === undefined ? "" : `; dense ${perplexityText(dense)}`}.`;
}

/** Readings are in the legend where there are any. */
const legendOf = (span: number, { readings = [], otherReadings = 0, dense }: RunData): readonly LegendItem[] => [
  { label: `loss, ${span}-step average`, colour: "--chart-loss", mark: "line" },
  { label: "loss per step", colour: "--chart-loss", mark: "dot" },
  { label: "R relative to step 0", colour: "--chart-penalty", mark: "line" },
  ...(readings.length > 0 ? [{ label: "ln perplexity, pruned", colour: "--chart-kept", mark: "line" } as const] : []),
  ...(readings.length > 0 && dense !== undefined
    ? [{ label: "dense", colour: "--chart-ink", mark: "dash" } as const]
    : []),
  ...(otherReadings > 0 ? [{ label: notDrawn(otherReadings), colour: "--chart-muted", mark: "dot" } as const] : []),
];

/** The last reading up to this step. */
function readingRows({ readings = [], step }: RunData, i: number): { label: string; value: string; colour: string }[] {
  const before = readings.filter((reading) => reading.step <= (step[i] ?? 0) + 1).at(-1);
  if (!before) return [];
  const label = `perplexity after step ${whole(before.step)}`;
  return [{ label, value: perplexityText(before.perplexity), colour: "--chart-kept" }];
}

/** The functions of the chart, for a moving average over `span` steps. */
export function lossParts(span: number): RunParts<LossPlot> {
  return {
    heightPx: 190,
    captionPx: 14,
    legend: (data) => legendOf(span, data),
    plot: (data, view, old) => lossPlot(data, view, span, old),
    tip: ({ data, plot }, i) => [
      { label: "loss", value: lossText(data.loss[i] ?? NaN) },
      { label: "average loss", value: lossText(plot.average[i] ?? NaN), colour: "--chart-loss" },
      { label: "R relative to step 0", value: lossText(plot.relative[i] ?? NaN), colour: "--chart-penalty" },
      { label: "R", value: (data.penalty[i] ?? NaN).toFixed(4) },
      { label: "kept", value: percent(data.kept[i] ?? NaN) },
      ...readingRows(data, i),
    ],
    dots: ({ plot }, i) => [
      { y: pixelOf(plot.lossY, plot.average[i] ?? NaN), colour: "--chart-loss" },
      { y: pixelOf(plot.relativeY, plot.relative[i] ?? NaN), colour: "--chart-penalty" },
    ],
  };
}
