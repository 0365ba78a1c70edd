// The plane of charts of perplexity against size: axes with room around the points, logarithmic where perplexities differ much.
import type { AxisGeometry } from "../../lib/marks/axes.ts";
import type { Words } from "../../lib/marks/words.ts";
import { alongAxis, axisOver, type PlotPoint, type ValueAxis } from "../../../shared/perplexityAxis.ts";

/** Name of the axis of sizes, and how its numbers are written. */
export interface SizeAxis {
  name: string;
  format: (size: number) => string;
}

interface PlaneOptions {
  /** Every point that has to be in view. */
  points: readonly PlotPoint[];
  axis: SizeAxis;
  /** Width of the chart, its lower edge, and the upper edge of the plot, CSS pixels. */
  width: number;
  height: number;
  top: number;
}

/** Edges of the plot in CSS pixels, and the axes on it. */
export interface Plane {
  left: number;
  right: number;
  top: number;
  bottom: number;
  sizes: ValueAxis;
  perplexities: ValueAxis;
}

export interface PlaneGeometry {
  plane: Plane;
  axes: readonly [AxisGeometry, AxisGeometry];
  words: readonly Words[];
}

const LEFT_PX = 48;
const RIGHT_PX = 14;
const AXIS_PX = 38;
/** Share of the range that stays free at each end. */
const ROOM = 0.07;
/** Least distance of ticks on the axis of sizes. */
const TICK_PX = 110;

/** Where a point is drawn, CSS pixels. */
export function placeOf({ left, right, top, bottom, sizes, perplexities }: Plane, point: PlotPoint): PlotPoint {
  return {
    x: left + alongAxis(sizes, point.x) * (right - left),
    y: bottom + alongAxis(perplexities, point.y) * (top - bottom),
  };
}

/** Axes around the points, with their names. */
export function planeGeometry({ points, axis, width, height, top }: PlaneOptions): PlaneGeometry {
  const sizes = axisOver(
    points.map(({ x }) => x),
    { room: ROOM, ticks: Math.max(2, Math.floor(width / TICK_PX)) },
  );
  const perplexities = axisOver(
    points.map(({ y }) => y),
    { room: ROOM, mayBeLog: true },
  );
  const plane = { left: LEFT_PX, right: width - RIGHT_PX, top, bottom: height - AXIS_PX, sizes, perplexities };
  const { left, right, bottom } = plane;
  const up = perplexities.ticks.map((y) => {
    return { at: placeOf(plane, { x: 0, y }).y, text: String(Number(y.toPrecision(3))) };
  });
  const across = sizes.ticks.map((x) => ({ at: placeOf(plane, { x, y: 1 }).x, text: axis.format(x) }));
  return {
    plane,
    axes: [
      { side: "left", at: left, from: bottom, to: top, grid: right - left, ticks: up },
      { side: "bottom", at: bottom, from: left, to: right, grid: 0, ticks: across },
    ],
    words: [
      { x: 0, y: top - 8, text: perplexities.log ? "perplexity, log scale" : "perplexity" },
      { x: right, y: height - 4, text: axis.name, anchor: "end" },
    ],
  };
}

/** The dense model as a dashed line across the plane, as path data; empty where it is not known. */
export function densePath(plane: Plane, dense: PlotPoint | null): string {
  return dense ? `M${plane.left},${placeOf(plane, dense).y}H${plane.right}` : "";
}
