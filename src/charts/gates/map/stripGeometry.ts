// Below the gate map: the kept rate of each embedding dimension over depth, aligned to the map's columns, and a box plot of those rates.
import { ticks } from "d3";
import { percent } from "../../../shared/format.ts";
import { axisGeometry, type AxisGeometry, HALVES, halfText } from "../../lib/marks/axes.ts";
import type { Box, DimensionProfile } from "../../lib/numbers/rates.ts";
import { pixelOf, type Span } from "../../lib/numbers/span.ts";
import type { Words } from "../../lib/marks/words.ts";
import type { MapLayout } from "./mapLayout.ts";

export interface StripGeometry {
  axes: readonly [AxisGeometry, AxisGeometry];
  words: readonly Words[];
  /** Path data: from the lowest to the highest rate of a column's dimensions, from 0 to their mean, and the mean. */
  range: string;
  area: string;
  line: string;
  /** Path data of the box plot. */
  whiskers: string;
  box: string;
  median: string;
}

/** Least distance of ticks on the axis of dimensions. */
const TICK_PX = 90;
/** Two numbers of the box plot are this far apart at least. */
const NUMBER_PX = 11;

const tenth = (pixels: number): number => Math.round(pixels * 10) / 10;

interface StripContent {
  /** Kept rates of the positions from `first` up to, but without, `end`. */
  profile: DimensionProfile;
  first: number;
  end: number;
  /** Five-number summary of the kept rates of all dimensions. */
  box: Box;
  /** What the columns are and which are in view, on one line or two; from the left edge where they are `long`. */
  axis: { lines: readonly string[]; long: boolean };
  /** Above the strip and above the box plot. */
  captions: readonly [string, string];
}

/** Lays the strip out. `dModel` is the number of dimensions. */
export function stripGeometry(layout: MapLayout, dModel: number, content: StripContent): StripGeometry {
  const { profile, first, end, box } = content;
  const { left, plotWidth, stripTop, stripHeight, sideWidth, from, scale } = layout;
  const bottom = stripTop + stripHeight;
  const rates: Span = { low: 0, high: 1, start: bottom, end: stripTop };
  const [low, high] = [from * dModel, (from + 1 / scale) * dModel];
  const dimensions: Span = { low, high, start: left, end: left + plotWidth };
  const columns = profile.mean.length;
  // a column that the map's edge cuts ends there
  const inMap = (px: number): number => tenth(Math.max(left, Math.min(left + plotWidth, px)));
  const x = (column: number): number => inMap(pixelOf(dimensions, first + (column * (end - first)) / columns));
  const y = (rate: number): number => tenth(pixelOf(rates, rate));
  const grid = plotWidth + 10 + sideWidth;
  const dimensionTicks = ticks(low, high, Math.max(2, Math.floor(plotWidth / TICK_PX))).filter(Number.isInteger);
  return {
    axes: [
      axisGeometry(rates, { side: "left", at: left, ticks: HALVES, format: halfText, grid }),
      axisGeometry(dimensions, { side: "bottom", at: bottom, ticks: dimensionTicks, format: String }),
    ],
    words: [...captions(layout, content), ...boxNumbers(layout, box, y)],
    range: steps(profile.high, x, y, profile.low),
    area: steps(profile.mean, x, y, new Float32Array(columns)),
    line: steps(profile.mean, x, y),
    ...boxPaths(layout, box, y),
  };
}

/** A step line or, with `base`, the area down to it, as path data. */
function steps(values: Float32Array, x: (column: number) => number, y: (rate: number) => number, base?: Float32Array) {
  const n = values.length;
  let path = `M${x(0)},${y(values[0] ?? 0)}`;
  for (let c = 0; c < n; c += 1) path += `V${y(values[c] ?? 0)}H${x(c + 1)}`;
  if (!base) return path;
  for (let c = n - 1; c >= 0; c -= 1) path += `V${y(base[c] ?? 0)}H${x(c)}`;
  return `${path}Z`;
}

function captions(layout: MapLayout, { axis, captions: [strip, box] }: StripContent): Words[] {
  const { left, plotWidth, stripTop, stripHeight, sideLeft } = layout;
  const above = stripTop - 7;
  const axisX: Pick<Words, "x" | "anchor"> = axis.long ? { x: 0 } : { x: left + plotWidth, anchor: "end" };
  return [
    { x: left, y: above, text: strip },
    { x: sideLeft, y: above, text: box },
    ...axis.lines.map((text, i): Words => ({ ...axisX, y: stripTop + stripHeight + 30 + 14 * i, text })),
  ];
}

type Rates = (rate: number) => number;
const boxSides = ({ sideLeft }: MapLayout) => ({ x0: sideLeft + 2, x1: sideLeft + 18, middle: sideLeft + 10 });

function boxPaths(
  layout: MapLayout,
  { min, q1, median, q3, max }: Box,
  y: Rates,
): Pick<StripGeometry, "whiskers" | "box" | "median"> {
  const { x0, x1, middle } = boxSides(layout);
  const upper = `M${x0 + 4},${y(max)}H${x1 - 4}M${middle},${y(max)}V${y(q3)}`;
  const lower = `M${middle},${y(q1)}V${y(min)}M${x0 + 4},${y(min)}H${x1 - 4}`;
  return {
    whiskers: upper + lower,
    box: `M${x0},${y(q3)}H${x1}V${Math.max(y(q3), y(q1))}H${x0}Z`,
    median: `M${x0},${y(median)}H${x1}`,
  };
}

/** The median, and the extremes where there is room for them. */
function boxNumbers(layout: MapLayout, { min, median, max }: Box, y: Rates): Words[] {
  const x = boxSides(layout).x1 + 5;
  const number = (rate: number, className: "chart-small" | "chart-strong"): Words => {
    return { x, y: y(rate) + 3.5, text: percent(rate, 0), className };
  };
  return [
    number(median, "chart-strong"),
    ...(y(median) - y(max) > NUMBER_PX ? [number(max, "chart-small")] : []),
    ...(y(min) - y(median) > NUMBER_PX ? [number(min, "chart-small")] : []),
  ];
}
