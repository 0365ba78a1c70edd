// Beside the gate map: which block and vector each row is (left), and how much of it is kept (right).
import { addText } from "../../lib/axes.ts";
import type { Group } from "../../lib/frame.ts";
import { blockTop, rowTop } from "./mapLayout.ts";
import type { MapLayout } from "./mapLayout.ts";
import { ROWS_PER_BLOCK, rowOf, vectorAt } from "../../lib/numbers/vectors.ts";

/** Row height from which the vectors' names fit. */
const NAMED_ROW_PX = 9;
const LABEL_PX = 11;

/** Draws block numbers, and vector names or small ticks for the rows. */
export function drawRowLabels(group: Group, layout: MapLayout): void {
  group.selectAll("*").remove();
  const { layers, left, rowPx, top } = layout;
  const named = rowPx >= NAMED_ROW_PX;
  const blockPx = ROWS_PER_BLOCK * rowPx + layout.gapPx;
  const every = [1, 2, 4, 8, 16].find((n) => n * blockPx >= LABEL_PX) ?? 32;
  addText(group, 0, top - 6, "block");
  let ticks = "";
  for (let row = 0; row < layers * ROWS_PER_BLOCK; row += 1) {
    const middle = rowTop(layout, row) + rowPx / 2;
    if (named)
      addText(group, left - 4, middle + 3, vectorAt(rowOf(row).k).name, { anchor: "end", className: "chart-small" });
    else if (rowPx > 2) ticks += `M${left - 4},${middle}h2`;
  }
  group.append("path").attr("class", "chart-grid").style("stroke", "var(--chart-axis)").attr("d", ticks);
  for (let block = 0; block < layers; block += every) {
    const middle = blockTop(layout, block) + (ROWS_PER_BLOCK * rowPx) / 2;
    addText(group, left - (named ? 22 : 7), middle + 4, String(block), { anchor: "end", className: "chart-strong" });
  }
}

/** One bar a row: its kept rate, on a track for the whole. */
export interface RowBars {
  layout(layout: MapLayout): void;
  update(rowKept: ArrayLike<number>, dModel: number): void;
}

export function createRowBars(group: Group): RowBars {
  const track = group.append("path").style("fill", "var(--chart-pruned)");
  const bars = group.append("path").style("fill", "var(--chart-kept)");
  const words = group.append("g");
  let at: MapLayout | null = null;
  const draw = (share: (row: number) => number): string => {
    if (!at) return "";
    const thick = at.rowPx > 3 ? at.rowPx - 1 : at.rowPx;
    let path = "";
    for (let row = 0; row < at.layers * ROWS_PER_BLOCK; row += 1) {
      const length = Math.round(share(row) * at.sideWidth * 10) / 10;
      path += `M${at.sideLeft},${rowTop(at, row)}h${length}v${thick}h${-length}z`;
    }
    return path;
  };
  return {
    layout(layout) {
      at = layout;
      words.selectAll("*").remove();
      addText(words, layout.sideLeft, layout.top - 6, layout.sideWidth > 60 ? "kept in row" : "row");
      track.attr(
        "d",
        draw(() => 1),
      );
    },
    update(rowKept, dModel) {
      bars.attr(
        "d",
        draw((row) => (rowKept[row] ?? 0) / dModel),
      );
    },
  };
}
