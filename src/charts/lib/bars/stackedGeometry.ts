// Stacked bars over one axis: from values to paths, axes and words. The charts of a budget and of a histogram are made of it.
import { ticks } from "d3";
import { short } from "../../../shared/format.ts";
import type { Geometry, Places } from "../frame/chart.ts";
import type { Space } from "../frame/frame.ts";
import type { Tip } from "../frame/tooltip.ts";
import { axisGeometry, type AxisGeometry } from "../marks/axes.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../marks/legend.ts";
import type { Words } from "../marks/words.ts";
import { clampIndex, pixelOf } from "../numbers/span.ts";

export interface StackedBar {
  /** Ends across the plot, 0..1. */
  from: number;
  to: number;
  /** Of each kind, from below. */
  values: readonly number[];
  /** What it was before, drawn paler. */
  faint?: boolean;
  tip: Tip;
}

export interface StackedContent {
  kinds: readonly LegendItem[];
  /** From left to right. */
  bars: readonly StackedBar[];
  /** Below the bars, at places 0..1; where they are too close, only some are shown. */
  ticks: readonly { at: number; text: string }[];
  /** What the axes are. */
  x: string;
  y: string;
  /** A line across all bars at a place 0..1. */
  line?: { at: number; text: string } | null;
  /** In place of bars where there are none. */
  empty?: string;
  /** The accessible name. */
  name: string;
}

export interface StackedGeometry extends Geometry {
  content: StackedContent;
  legend: LegendGeometry;
  axes: readonly AxisGeometry[];
  words: readonly Words[];
  /** Path data of each kind: bars, and paler ones. */
  bars: readonly { solid: string; faint: string }[];
  /** Path data of the line; empty for none. */
  line: string;
  plot: { left: number; width: number; top: number; foot: number };
}

const LEFT_PX = 44;
const PLOT_PX = 150;
const FOOT_PX = 34;
/** Least distance of ticks on the lower axis. */
const TICK_PX = 26;

const tenth = (pixels: number): number => Math.round(10 * pixels) / 10;
const total = ({ values }: StackedBar): number => values.reduce((sum, value) => sum + value, 0);

/** Lays the bars out, as high as the highest one. */
export function stackedGeometry(content: StackedContent, space: Space): StackedGeometry {
  const legend = legendGeometry(content.kinds, space);
  const top = legend.height + 20;
  const plot = { left: LEFT_PX, width: Math.max(40, space.width - LEFT_PX - 2), top, foot: top + PLOT_PX };
  const most = Math.max(1, ...content.bars.map(total));
  const heights = { low: 0, high: most, start: plot.foot, end: top };
  const y = (value: number): number => tenth(pixelOf(heights, value));
  const x = (share: number): number => tenth(plot.left + share * plot.width);
  const box = (bar: StackedBar, k: number): string => {
    const below = bar.values.slice(0, k).reduce((sum, value) => sum + value, 0);
    const [low, high] = [y(below), y(below + (bar.values[k] ?? 0))];
    return high < low ? `M${x(bar.from)},${low}V${high}H${x(bar.to)}V${low}z` : "";
  };
  const pathOf = (k: number, faint: boolean): string =>
    content.bars
      .filter((bar) => (bar.faint ?? false) === faint)
      .map((bar) => box(bar, k))
      .join("");
  const lineX = content.line ? x(content.line.at) : 0;
  return {
    content,
    legend,
    axes: [
      axisGeometry(heights, {
        ...{ side: "left", at: plot.left, ticks: ticks(0, most, 3), format: short, grid: plot.width },
      }),
      lowerAxis(content, plot),
    ],
    words: wordsOf(content, plot, { lineX, top }),
    bars: content.kinds.map((_, k) => ({ solid: pathOf(k, false), faint: pathOf(k, true) })),
    line: content.line ? `M${lineX},${top - 4}V${plot.foot}` : "",
    plot,
    height: plot.foot + FOOT_PX,
    name: content.name,
  };
}

function lowerAxis({ ticks: all }: StackedContent, { left, width, foot }: StackedGeometry["plot"]): AxisGeometry {
  const apart = all.length > 1 ? ((all[1]?.at ?? 1) - (all[0]?.at ?? 0)) * width : width;
  const every = [1, 2, 4, 8, 16].find((n) => n * apart >= TICK_PX) ?? 32;
  const shown = all.filter((_, i) => i % every === 0).map(({ at, text }) => ({ at: tenth(left + at * width), text }));
  return { side: "bottom", at: foot, from: left, to: left + width, grid: 0, ticks: shown };
}

function wordsOf(
  { x, y, line, bars, empty }: StackedContent,
  { left, width, foot }: StackedGeometry["plot"],
  { lineX, top }: { lineX: number; top: number },
): Words[] {
  const right = lineX > left + width / 2;
  return [
    { x: 0, y: top - 8, text: y },
    { x: left + width, y: foot + 30, text: x, anchor: "end" },
    ...(line ? [lineWords(line.text, lineX, { top, right })] : []),
    ...(bars.length === 0 && empty
      ? [{ x: left + width / 2, y: (top + foot) / 2, text: empty, anchor: "middle" } as const]
      : []),
  ];
}

/** Beside the line, on the side with more room. */
function lineWords(text: string, x: number, { top, right }: { top: number; right: boolean }): Words {
  const words = { y: top + 6, text, className: "chart-strong" } as const;
  return right ? { ...words, x: x - 5, anchor: "end" } : { ...words, x: x + 5 };
}

/** A bar, by its index. */
export const STACKED_PLACES: Places<StackedGeometry, number> = {
  locate({ content: { bars }, plot }, x, y) {
    if (y < plot.top || y > plot.foot) return null;
    const share = (x - plot.left) / plot.width;
    const found = bars.findIndex(({ from, to }) => share >= from && share < to);
    return found < 0 ? null : found;
  },
  move({ content: { bars } }, at, dx, dy) {
    if (bars.length === 0) return null;
    return at === null ? 0 : clampIndex(at + dx + dy, bars.length);
  },
  tip({ content: { bars }, plot }, at) {
    const bar = bars[at];
    return bar ? { x: plot.left + bar.to * plot.width, y: plot.top + 20, tip: bar.tip } : null;
  },
};
