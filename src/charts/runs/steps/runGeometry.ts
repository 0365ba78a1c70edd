// What the charts over the steps of a run have in common: the plot, the axis of steps, and the places on it.
import { ticks } from "d3";
import { whole } from "../../../shared/format.ts";
import { axisGeometry, type AxisGeometry } from "../../lib/marks/axes.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { nearestIndex } from "../../lib/numbers/sampling.ts";
import { clampIndex, pixelOf, type Span, valueAt } from "../../lib/numbers/span.ts";
import type { Tip } from "../../lib/frame/tooltip.ts";
import type { Words } from "../../lib/marks/words.ts";
import { countOf, type RunData } from "./runData.ts";

/** The plot of a run, CSS pixels. */
export interface RunView {
  count: number;
  /** Buckets to down-sample the run so far to: one for every two pixels. */
  buckets: number;
  /** The axis of steps. */
  x: Span;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What each chart adds: its own axes, words and accessible name. */
export interface RunPlot {
  axes: readonly AxisGeometry[];
  words: readonly Words[];
  name: string;
}

export interface RunGeometry<Plot extends RunPlot> extends Geometry {
  data: RunData;
  view: RunView;
  legend: LegendGeometry;
  stepAxis: AxisGeometry;
  plot: Plot;
}

/** The functions of one chart over steps. */
export interface RunParts<Plot extends RunPlot> {
  heightPx: number;
  /** Room above the plot for words on the axes. */
  captionPx: number;
  legend(data: RunData): readonly LegendItem[];
  /** Lays the series out. The arrays of the plot before, `old`, may be used again. */
  plot(data: RunData, view: RunView, old: Plot | null): Plot;
  /** Rows of the tip at entry i. */
  tip(geometry: RunGeometry<Plot>, i: number): Tip["rows"];
  /** Dots on the crosshair at entry i; y in CSS pixels. */
  dots(geometry: RunGeometry<Plot>, i: number): readonly { y: number; colour: string }[];
}

/** The same for all charts of a run, so that their steps align. */
const LEFT_PX = 42;
const RIGHT_PX = 46;
const AXIS_PX = 32;
/** Room below the legend. */
const HEAD_PX = 8;
/** Least distance of ticks on the axis of steps. */
const TICK_PX = 90;

/** Lays a chart over steps out. */
export function runGeometry<Plot extends RunPlot>(
  data: RunData,
  parts: RunParts<Plot>,
  space: Space,
  old: Plot | null,
): RunGeometry<Plot> {
  const legend = legendGeometry(parts.legend(data), space);
  const count = countOf(data);
  const lastStep = data.step[count - 1];
  const last = Math.max(1, lastStep ?? 1, data.plannedSteps ?? 0);
  const [left, right, top] = [LEFT_PX, space.width - RIGHT_PX, legend.height + HEAD_PX + parts.captionPx];
  const bottom = top + parts.heightPx;
  const x = { low: 0, high: last, start: left, end: right };
  const buckets = Math.max(1, Math.round((pixelOf(x, lastStep ?? 0) - left) / 2));
  const view = { count, buckets, x, left, right, top, bottom };
  const plot = parts.plot(data, view, old);
  const steps = ticks(0, last, Math.max(2, Math.floor((right - left) / TICK_PX)));
  return {
    data,
    view,
    legend,
    stepAxis: axisGeometry(x, { side: "bottom", at: bottom, ticks: steps, format: whole }),
    plot: { ...plot, words: [...plot.words, { x: right, y: bottom + 30, text: "step", anchor: "end" }] },
    height: bottom + AXIS_PX,
    name: count > 0 ? plot.name : "No steps yet",
  };
}

/** Pixels of entry i of a series, for paths. */
export const placer =
  (data: RunData, view: RunView, y: Span) =>
  (values: ArrayLike<number>) =>
  (i: number): readonly [number, number] => [pixelOf(view.x, data.step[i] ?? 0), pixelOf(y, values[i] ?? NaN)];

/** Places are step numbers. */
export function runPlaces<Plot extends RunPlot>(parts: RunParts<Plot>): Places<RunGeometry<Plot>, number> {
  return {
    locate({ data, view }, x) {
      if (x < view.left - 4 || x > view.right + 4) return null;
      const i = nearestIndex(data.step, view.count, valueAt(view.x, x));
      return i < 0 ? null : (data.step[i] ?? null);
    },
    move({ data, view }, step, dx) {
      if (view.count === 0) return null;
      const i = step === null ? view.count - 1 : nearestIndex(data.step, view.count, step);
      return data.step[clampIndex(i + dx, view.count)] ?? null;
    },
    tip(geometry, step) {
      const { data, view } = geometry;
      const i = nearestIndex(data.step, view.count, step);
      const at = data.step[i];
      if (at === undefined) return null;
      const rows = parts.tip(geometry, i);
      return { x: pixelOf(view.x, at), y: view.top + 8, tip: { title: `step ${whole(at)}`, rows } };
    },
  };
}
