// Overlap of two runs as a small table, block by block: the darker a cell, the more alike.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { redrawn } from "../../lib/marks/redraw.ts";
import { drawWords } from "../../lib/marks/words.ts";
import { CELL_HEIGHT_PX, cellCorner, OVERLAP_PLACES, overlapGeometry, SWATCH_PX } from "./overlapGeometry.ts";
import type { OverlapCell, OverlapData, OverlapGeometry, OverlapPlace } from "./overlapGeometry.ts";

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
    const { cells, cellWidth, scale } = geometry;
    redrawn(group, { cells, cellWidth, scale }, () => {
      const add = ({ x, y, shade }: OverlapCell, width: number, height: number): void => {
        const cell = group.append("rect").attr("x", x).attr("y", y).attr("width", width).attr("height", height);
        cell.style("fill", `color-mix(in oklab, var(--chart-kept) ${shade}%, var(--chart-pruned))`);
      };
      for (const cell of cells) add(cell, cellWidth, CELL_HEIGHT_PX);
      for (const swatch of scale) add(swatch, SWATCH_PX, SWATCH_PX);
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
