// Beside the gate map: block and vector of each row (left), and how much of it is kept (right).
import { ROWS_PER_BLOCK, rowOf, vectorAt } from "../../lib/numbers/vectors.ts";
import type { Words } from "../../lib/marks/words.ts";
import { blockTop, rowTop } from "./mapLayout.ts";
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

/** Block numbers, and vector names or ticks for the rows. */
export function rowLabels(layout: MapLayout): RowLabels {
  const { layers, left, rowPx, top, sideLeft, sideWidth, gapPx } = layout;
  const rows = Array.from({ length: layers * ROWS_PER_BLOCK }, (_, row) => row);
  const middle = (row: number): number => rowTop(layout, row) + rowPx / 2;
  const named = rowPx >= NAMED_ROW_PX;
  const blockPx = ROWS_PER_BLOCK * rowPx + gapPx;
  const every = [1, 2, 4, 8, 16].find((n) => n * blockPx >= LABEL_PX) ?? 32;
  const names = rows.map((row): Words => {
    const { name } = vectorAt(rowOf(row).k);
    return { x: left - 4, y: middle(row) + 3, text: name, anchor: "end", className: "chart-small" };
  });
  const blocks = Array.from({ length: Math.ceil(layers / every) }, (_, i): Words => {
    const y = blockTop(layout, i * every) + (ROWS_PER_BLOCK * rowPx) / 2 + 4;
    return { x: left - (named ? 22 : 7), y, text: String(i * every), anchor: "end", className: "chart-strong" };
  });
  return {
    words: [
      { x: 0, y: top - 6, text: "block" },
      { x: sideLeft, y: top - 6, text: sideWidth > WIDE_PX ? "kept in row" : "row" },
      ...(named ? names : []),
      ...blocks,
    ],
    ticks: named || rowPx <= 2 ? "" : rows.map((row) => `M${left - 4},${middle(row)}h2`).join(""),
  };
}

/** A bar for each row, `rate` (0..1) of the right margin long, as path data. */
export function rowBars(layout: MapLayout, rate: (row: number) => number): string {
  const { layers, rowPx, sideLeft, sideWidth } = layout;
  const thick = rowPx > 3 ? rowPx - 1 : rowPx;
  let path = "";
  for (let row = 0; row < layers * ROWS_PER_BLOCK; row += 1) {
    const length = Math.round(rate(row) * sideWidth * 10) / 10;
    path += `M${sideLeft},${rowTop(layout, row)}h${length}v${thick}h${-length}z`;
  }
  return path;
}
