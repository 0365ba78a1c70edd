// Beside the gate map: block and vector of each row (left), and how much of it is kept (right).
import { type MapSide, rowOf, vectorAt } from "../../lib/numbers/vectors.ts";
import type { Words } from "../../lib/marks/words.ts";
import { blockTop, rowsInView, rowTop } from "./mapLayout.ts";
import type { MapLayout } from "./mapLayout.ts";

/** Row height from which the vectors' names fit. */
const NAMED_ROW_PX = 9;
const LABEL_PX = 11;
/** Width of the right margin from which its long caption fits. */
const WIDE_PX = 60;

export interface RowLabels {
  words: readonly Words[];
  /** Small ticks in place of names, where the rows are too low for them. */
  ticks: string;
}

/** Block numbers, and vector names or ticks for the rows in view. */
export function rowLabels(layout: MapLayout, side?: MapSide): RowLabels {
  const { layers, rowsPerBlock, left, rowPx, top, mapHeight, sideLeft, sideWidth, gapPx } = layout;
  const inView = (y: number): boolean => y > top && y < top + mapHeight;
  const rows = rowsInView(layout);
  const middle = (row: number): number => rowTop(layout, row) + rowPx / 2;
  const named = rowPx >= NAMED_ROW_PX;
  const blockPx = rowsPerBlock * rowPx + gapPx;
  const every = [1, 2, 4, 8, 16].find((n) => n * blockPx >= LABEL_PX) ?? 32;
  const names = rows
    .filter((row) => inView(middle(row)))
    .map((row): Words => {
      const { name } = vectorAt(rowOf(row, side).k);
      return { x: left - 4, y: middle(row) + 3, text: name, anchor: "end", className: "chart-small" };
    });
  const blocks = Array.from({ length: Math.ceil(layers / every) }, (_, i): Words => {
    const y = blockTop(layout, i * every) + (rowsPerBlock * rowPx) / 2 + 4;
    return { x: left - (named ? 22 : 7), y, text: String(i * every), anchor: "end", className: "chart-strong" };
  });
  return {
    words: [
      { x: 0, y: top - 6, text: "block" },
      { x: sideLeft, y: top - 6, text: sideWidth > WIDE_PX ? "kept in row" : "row" },
      ...(named ? names : []),
      ...blocks.filter(({ y }) => inView(y - 4)),
    ],
    ticks:
      named || rowPx <= 2
        ? ""
        : rows
            .filter((row) => inView(middle(row)))
            .map((row) => `M${left - 4},${middle(row)}h2`)
            .join(""),
  };
}

/** A bar for each row in view, `rate` (0..1) of the right margin long, as path data. */
export function rowBars(layout: MapLayout, rate: (row: number) => number): string {
  const { top, mapHeight, rowPx, sideLeft, sideWidth } = layout;
  const full = rowPx > 3 ? rowPx - 1 : rowPx;
  let path = "";
  for (const row of rowsInView(layout)) {
    const length = Math.round(rate(row) * sideWidth * 10) / 10;
    const y = Math.max(top, rowTop(layout, row));
    const thick = Math.min(top + mapHeight, rowTop(layout, row) + full) - y;
    if (thick > 0) path += `M${sideLeft},${y}h${length}v${thick}h${-length}z`;
  }
  return path;
}
