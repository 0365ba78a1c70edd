// Legends drawn in the SVG (so that a saved file has them), wrapped to the width there is.
import type { Group } from "./frame.ts";

export interface LegendItem {
  label: string;
  /** A custom property of charts.css; none for plain words. */
  colour?: string;
  mark?: "box" | "line" | "dash" | "dot";
  /** An SVG path around the origin, in place of a mark. */
  path?: string;
}

const LINE_PX = 16;
const MARK_PX = 16;
let measure: CanvasRenderingContext2D | null = null;

/** Width of a text in the charts' 11 px font, in CSS pixels. */
export function textWidth(text: string, element: Element): number {
  measure ??= element.ownerDocument.createElement("canvas").getContext("2d");
  if (!measure) return text.length * 6;
  measure.font = `11px ${getComputedStyle(element).fontFamily}`;
  return measure.measureText(text).width;
}

/** Draws items from (x, y) on, wrapped at `width`; returns the height taken. */
export function drawLegend(group: Group, items: readonly LegendItem[], x: number, y: number, width: number): number {
  group.selectAll("*").remove();
  const node = group.node();
  if (!node) return 0;
  let left = 0;
  let line = 0;
  for (const { label, colour, mark = "box", path } of items) {
    const markWidth = colour ? MARK_PX : 0;
    const itemWidth = markWidth + textWidth(label, node);
    if (left > 0 && left + itemWidth > width) {
      left = 0;
      line += 1;
    }
    const item = group.append("g").attr("transform", `translate(${x + left},${y + line * LINE_PX})`);
    if (colour && path)
      item.append("path").attr("d", path).attr("transform", "translate(6,7)").style("fill", `var(${colour})`);
    else if (colour && mark === "box")
      item.append("rect").attr("y", 2).attr("width", 10).attr("height", 10).style("fill", `var(${colour})`);
    else if (colour && mark === "dot")
      item
        .append("circle")
        .attr("cx", 7)
        .attr("cy", 7)
        .attr("r", 2)
        .style("fill", `var(${colour})`)
        .style("opacity", 0.45);
    else if (colour)
      item
        .append("line")
        .attr("x2", 12)
        .attr("y1", 7)
        .attr("y2", 7)
        .style("stroke", `var(${colour})`)
        .style("stroke-width", 2)
        .style("stroke-dasharray", mark === "dash" ? "4 2" : "");
    item.append("text").attr("x", markWidth).attr("y", 11).text(label);
    left += itemWidth + 14;
  }
  return (line + 1) * LINE_PX;
}
