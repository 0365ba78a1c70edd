// Legends drawn in the SVG (so that a saved file has them), wrapped to the width of the chart.
import type { Group } from "../frame/frame.ts";
import { redrawn } from "./redraw.ts";

export interface LegendItem {
  label: string;
  /** A custom property of theme.css; none for plain words. */
  colour?: string;
  mark?: "box" | "line" | "dash" | "dot";
  /** An SVG path around the origin, in place of a mark. */
  path?: string;
  /** Starts a new line. */
  breakBefore?: boolean;
}

/** Where each item is drawn, CSS pixels of the chart. */
export interface LegendGeometry {
  items: readonly (LegendItem & { x: number; y: number })[];
  lines: number;
  height: number;
}

const LINE_PX = 16;
const MARK_PX = 16;
const GAP_PX = 14;

/**
 * Lays the items out from the top left corner, wrapped at `width`.
 * @param measure width of a text in CSS pixels
 */
export function legendGeometry(
  items: readonly LegendItem[],
  { width, measure }: { width: number; measure: (text: string) => number },
): LegendGeometry {
  let [left, line] = [0, 0];
  const placed = items.map((item) => {
    const itemWidth = textX(item) + measure(item.label);
    if (left > 0 && (item.breakBefore || left + itemWidth > width)) [left, line] = [0, line + 1];
    const x = left;
    left += itemWidth + GAP_PX;
    return { ...item, x, y: line * LINE_PX };
  });
  return { items: placed, lines: line + 1, height: (line + 1) * LINE_PX };
}

/** Where an item's text starts: after its mark. */
const textX = ({ colour }: LegendItem): number => (colour ? MARK_PX : 0);

/** Draws the legend in place of the one in `group`. */
export function drawLegend(group: Group, legend: LegendGeometry): void {
  redrawn(group, legend, ({ items }) => {
    for (const item of items) {
      const place = group.append("g").attr("transform", `translate(${item.x},${item.y})`);
      drawMark(place, item);
      place.append("text").attr("x", textX(item)).attr("y", 11).text(item.label);
    }
  });
}

function drawMark(place: Group, { colour, mark = "box", path }: LegendItem): void {
  if (!colour) return;
  const paint = `var(${colour})`;
  if (path) {
    place.append("path").attr("d", path).attr("transform", "translate(6,7)").style("fill", paint);
    return;
  }
  if (mark === "box") {
    place.append("rect").attr("y", 2).attr("width", 10).attr("height", 10).style("fill", paint);
    return;
  }
  if (mark === "dot") {
    const dot = place.append("circle").attr("cx", 7).attr("cy", 7).attr("r", 2);
    dot.style("fill", paint).style("opacity", 0.45);
    return;
  }
  const line = place
    .append("path")
    .attr("d", "M0,7H12")
    .style("fill", "none")
    .style("stroke", paint)
    .style("stroke-width", 2);
  if (mark === "dash") line.style("stroke-dasharray", "4 2");
}
