// Thin axes in the charts' own style, on top of d3-axis.
import { axisBottom, axisLeft, axisRight } from "d3";
import type { Axis, AxisScale, NumberValue, ScaleLinear } from "d3";
import type { Group } from "./frame.ts";

export interface AxisOptions {
  side: "left" | "right" | "bottom";
  /** Where the axis stands, in CSS pixels. */
  x?: number;
  y?: number;
  /** About how many ticks, or exactly which. */
  ticks: number | readonly number[];
  format?: (value: number) => string;
  /** Length of grid lines into the plot; 0 for none. */
  grid?: number;
}

/** What each group shows now: an axis that would look the same is left alone. */
const drawn = new WeakMap<SVGGElement, string>();

/** Draws (or redraws) an axis into `group`; the domain line only for the bottom axis. */
export function drawAxis(group: Group, scale: ScaleLinear<number, number>, options: AxisOptions): void {
  const { side, x = 0, y = 0, ticks, format, grid = 0 } = options;
  const node = group.node();
  const look = JSON.stringify([scale.domain(), scale.range(), options]);
  if (!node || drawn.get(node) === look) return;
  drawn.set(node, look);
  const make = side === "left" ? axisLeft : side === "right" ? axisRight : axisBottom;
  const axis: Axis<NumberValue> = make(scale as AxisScale<NumberValue>);
  axis.tickSizeOuter(0).tickSizeInner(side === "bottom" ? 4 : 0);
  axis.tickPadding(side === "bottom" ? 4 : 6);
  if (typeof ticks === "number") axis.ticks(ticks);
  else axis.tickValues([...ticks]);
  if (format) axis.tickFormat((value) => format(Number(value)));
  group.attr("class", "chart-axis").attr("transform", `translate(${x},${y})`).call(axis);
  group.attr("font-family", null).attr("font-size", null);
  if (side !== "bottom") group.select(".domain").remove();
  if (grid <= 0) return;
  group
    .selectAll<SVGGElement, number>(".tick")
    .selectAll<SVGLineElement, number>("line")
    .attr("class", "chart-grid")
    .style("stroke", "var(--chart-grid)")
    .attr("x1", 0)
    .attr("x2", side === "right" ? -grid : grid);
}

/** A line of text in the charts' style; returns its selection for later changes. */
export function addText(
  group: Group,
  x: number,
  y: number,
  text: string,
  { anchor = "start", className = "" }: { anchor?: "start" | "middle" | "end"; className?: string } = {},
): ReturnType<typeof makeText> {
  return makeText(group).attr("x", x).attr("y", y).attr("class", className).attr("text-anchor", anchor).text(text);
}

function makeText(group: Group) {
  return group.append("text");
}
