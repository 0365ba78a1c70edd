// The kept ratio by step: a line with the target, or, where every step draws a target of its own, dots at the distance from it.
import { ticks } from "d3";
import { percent } from "../../../shared/format.ts";
import { axisGeometry, type AxisGeometry } from "../../lib/marks/axes.ts";
import type { LegendItem } from "../../lib/marks/legend.ts";
import { bucketIndices, finiteExtent } from "../../lib/numbers/sampling.ts";
import { pixelOf, type Span } from "../../lib/numbers/span.ts";
import { dotPath, linePath } from "../../lib/marks/paths.ts";
import { countOf, distances, drawsTargets, type RunData, targetChanges } from "./runData.ts";
import { placer, type RunParts, type RunPlot, type RunView } from "./runGeometry.ts";

export interface KeptPlot extends RunPlot {
  y: Span;
  /** True where every step draws a target: y is the distance from it. */
  away: boolean;
  /** Paths; empty where not drawn. */
  line: string;
  area: string;
  dots: string;
  target: string;
}

/** The smallest range drawn around a target, so that a run that keeps to it does not look as if it strayed. */
const LEAST_DISTANCE = 0.05;
const TICKS = 4;

const axisOf = (y: Span, { left, right }: RunView, format: (value: number) => string): readonly AxisGeometry[] => [
  axisGeometry(y, { side: "left", at: left, ticks: ticks(y.low, y.high, TICKS), format, grid: right - left }),
];

/** Dots for the steps, and the target as a line at 0. `of` names what the ratio is a share of. */
function distancePlot(data: RunData, view: RunView, of: string): KeptPlot {
  const { count, buckets, left, right, top, bottom } = view;
  const away = distances(data, count);
  const most = Math.max(LEAST_DISTANCE, ...(finiteExtent(away, count) ?? []).map(Math.abs));
  const y = { low: -most, high: most, start: bottom, end: top };
  const late = away.subarray(Math.floor(count / 2));
  const mean = late.reduce((sum, one) => sum + Math.abs(one), 0) / late.length;
  return {
    y,
    away: true,
    axes: axisOf(y, view, (value) => `${value > 0 ? "+" : ""}${percent(value, 0)}`),
    words: [],
    line: "",
    area: "",
    dots: dotPath(bucketIndices(data.step, away, count, buckets), placer(data, view, y)(away)),
    target: `M${left},${pixelOf(y, 0)}H${right}`,
    name:
      `Distance of the kept share ${of} from the target that each step drew, up to step ${data.step[count - 1] ?? 0}: ` +
      `${percent(mean)} on average in the later half.`,
  };
}

/** The kept ratio as a line, and the target as dashed steps. */
function targetPlot(data: RunData, view: RunView, of: string): KeptPlot {
  const { count, buckets, right, top, bottom } = view;
  const changes = targetChanges(data, count);
  const lowest = Math.min(finiteExtent(data.kept, count)?.[0] ?? 1, ...changes.map(({ ratio }) => ratio));
  const y = { low: Math.max(0, Math.floor((lowest - 0.02) * 10) / 10), high: 1, start: bottom, end: top };
  const shown = bucketIndices(data.step, data.kept, count, buckets);
  const place = placer(data, view, y)(data.kept);
  const line = linePath(shown, place);
  const last = data.step[count - 1] ?? 0;
  const goal = changes.at(-1)?.ratio ?? null;
  return {
    y,
    away: false,
    axes: axisOf(y, view, (value) => percent(value, 0)),
    words:
      goal === null
        ? []
        : [{ x: right + 5, y: pixelOf(y, goal) + 4, text: percent(goal), className: "chart-strong" as const }],
    line,
    area: shown[0] === undefined ? "" : `${line}V${bottom}H${place(shown[0])[0]}Z`,
    dots: "",
    target: targetPath(changes, view, y),
    name: `Kept share ${of} at step ${last}: ${percent(data.kept[count - 1] ?? 0)}${goal === null ? "" : `, target ${percent(goal)}`}.`,
  };
}

/** A step line through the targets, each up to the next. */
function targetPath(changes: ReturnType<typeof targetChanges>, { x }: RunView, y: Span): string {
  const steps = changes.map(({ step, ratio }, i) => {
    const until = changes[i + 1]?.step ?? x.high;
    return `${i === 0 ? "M" : "L"}${pixelOf(x, step)},${pixelOf(y, ratio)}H${pixelOf(x, until)}`;
  });
  return steps.join("");
}

function legendOf(data: RunData, of: string): readonly LegendItem[] {
  const kept: LegendItem = drawsTargets(data, countOf(data))
    ? { label: "kept share, distance from the step’s target", colour: "--chart-kept", mark: "dot" }
    : { label: `kept share ${of}`, colour: "--chart-kept", mark: "line" };
  return [kept, { label: "target", colour: "--chart-target", mark: "dash" }];
}

/** The functions of the chart; `of` names what the ratio is a share of. */
export function keptParts(of: string): RunParts<KeptPlot> {
  return {
    heightPx: 120,
    captionPx: 0,
    legend: (data) => legendOf(data, of),
    plot: (data, view) => (drawsTargets(data, view.count) ? distancePlot : targetPlot)(data, view, of),
    tip({ data }, i) {
      const goal = data.target?.[i] ?? null;
      const kept = { label: `kept ${of}`, value: percent(data.kept[i] ?? NaN), colour: "--chart-kept" };
      return goal === null ? [kept] : [kept, { label: "target", value: percent(goal), colour: "--chart-target" }];
    },
    dots({ data, plot }, i) {
      const from = plot.away ? (data.target?.[i] ?? NaN) : 0;
      return [{ y: pixelOf(plot.y, (data.kept[i] ?? NaN) - from), colour: "--chart-kept" }];
    },
  };
}
