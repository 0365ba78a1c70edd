// Overlap of two runs as a small table, block by block: the darker a cell, the more alike.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { redrawn } from "../../lib/marks/redraw.ts";
import { drawWords } from "../../lib/marks/words.ts";
import { CELL_HEIGHT_PX, cellCorner, OVERLAP_PLACES, overlapGeometry } from "./overlapGeometry.ts";
import type { OverlapData, OverlapGeometry, OverlapPlace } from "./overlapGeometry.ts";

/** Draws the table into `node`. */
export function overlapTable(node: HTMLElement): Chart<OverlapData> {
  return createChart<OverlapData, OverlapGeometry, OverlapPlace>(node, "overlap", (frame) => ({
    geometry: overlapGeometry,
    draw: createCells(frame),
    places: OVERLAP_PLACES,
    mark: createCellMark(frame),
  }));
}

/** Makes the layers; the returned function draws in them. */
function createCells({ svg }: Frame): (geometry: OverlapGeometry) => void {
  const group = svg.append("g");
  const words = svg.append("g");
  return (geometry) => {
    redrawn(group, { cells: geometry.cells, width: geometry.cellWidth }, ({ cells, width }) => {
      for (const { x, y, shade } of cells) {
        const cell = group.append("rect").attr("x", x).attr("y", y);
        cell.attr("width", width).attr("height", CELL_HEIGHT_PX);
        cell.style("fill", `color-mix(in oklab, var(--chart-kept) ${shade}%, var(--chart-pruned))`);
      }
    });
    drawWords(words, geometry.words);
  };
}

/** An outline around the chosen cell. */
function createCellMark({ svg }: Frame): (geometry: OverlapGeometry, at: OverlapPlace | null) => void {
  const mark = svg.append("rect").attr("class", "chart-cursor").style("display", "none");
  mark.attr("height", CELL_HEIGHT_PX);
  return (geometry, at) => {
    mark.style("display", at ? "" : "none");
    if (!at) return;
    const { x, y } = cellCorner(geometry, at);
    mark.attr("x", x).attr("y", y).attr("width", geometry.cellWidth);
  };
}
