// Axes: ticks with labels, grid lines across the plot, and a line along the bottom axis.
import type { Group } from "../frame/frame.ts";
import { pixelOf, type Span } from "../numbers/span.ts";
import { redrawn } from "./redraw.ts";

/** An axis in CSS pixels. */
export interface AxisGeometry {
  side: "left" | "right" | "bottom";
  /** x of a left or right axis, y of a bottom axis. */
  at: number;
  /** Ends of a bottom axis. */
  from: number;
  to: number;
  /** Length of grid lines into the plot; 0 for none. */
  grid: number;
  ticks: readonly { at: number; text: string }[];
}

export interface AxisOptions {
  side: AxisGeometry["side"];
  at: number;
  /** Values that get a tick. */
  ticks: readonly number[];
  format: (value: number) => string;
  grid?: number;
}

/** The axis of a scale. */
export function axisGeometry(span: Span, { side, at, ticks, format, grid = 0 }: AxisOptions): AxisGeometry {
  const places = ticks.map((tick) => ({ at: pixelOf(span, tick), text: format(tick) }));
  return { side, at, from: span.start, to: span.end, grid, ticks: places };
}

/** Ticks of an axis from 0 to 1, and their labels: the unit is at the last one only. */
export const HALVES = [0, 0.5, 1] as const;
export const halfText = (value: number): string => `${100 * value}${value === 1 ? " %" : ""}`;

const TICK_PX = 4;
/** Distance of labels from a left or right axis. */
const LABEL_PX = 6;

/** Draws the axis in place of the one in `group`. */
export function drawAxis(group: Group, axis: AxisGeometry): void {
  redrawn(group.attr("class", "chart-axis"), axis, () => {
    // lines one pixel wide are sharp in the middle of a pixel
    const half = devicePixelRatio > 1 ? 0 : 0.5;
    if (axis.side === "bottom") drawBottom(group, axis, half);
    else drawSide(group, axis, half);
  });
}

function drawBottom(group: Group, { at, from, to, ticks }: AxisGeometry, half: number): void {
  const marks = ticks.map((tick) => `M${tick.at + half},${at}v${TICK_PX}`);
  group.append("path").attr("d", `M${from + half},${at + half}H${to + half}${marks.join("")}`);
  for (const { at: x, text } of ticks) {
    const label = group
      .append("text")
      .attr("x", x + half)
      .attr("y", at + 2 * TICK_PX);
    label.attr("dy", "0.71em").attr("text-anchor", "middle").text(text);
  }
}

function drawSide(group: Group, { side, at, grid, ticks }: AxisGeometry, half: number): void {
  const inwards = side === "left" ? 1 : -1;
  for (const { at: y, text } of ticks) {
    if (grid > 0)
      group
        .append("path")
        .attr("class", "chart-grid")
        .attr("d", `M${at},${y + half}h${inwards * grid}`);
    const label = group
      .append("text")
      .attr("x", at - inwards * LABEL_PX)
      .attr("y", y + half);
    label
      .attr("dy", "0.32em")
      .attr("text-anchor", side === "left" ? "end" : "start")
      .text(text);
  }
}
