// Overlap of two runs as a small heat table: a row for each kind of vector or matrix, a column for each block, the darker the more alike.
import { createCursor } from "../../lib/cursor.ts";
import { addText } from "../../lib/axes.ts";
import { chartOf, createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";

export interface OverlapData {
  /** Names of the rows: "s1" to "s5", or parts of the MLP. */
  rows: readonly string[];
  /** Jaccard 0 to 1 by row and block. */
  values: readonly (readonly number[])[];
}

const LEFT_PX = 44;
const ROW_PX = 20;
const TOP_PX = 16;
/** A cell shows its number from this width on. */
const NUMBER_PX = 28;

interface At {
  row: number;
  block: number;
}

/** Draws the table into `node`. */
export function overlapTable(node: HTMLElement): Chart<OverlapData> {
  let data: OverlapData | null = null;
  let cellPx = 1;

  const frame = createFrame(node, "overlap", (width) => {
    if (!data) return 0;
    const { rows, values } = data;
    const blocks = Math.max(1, ...values.map((row) => row.length));
    cellPx = Math.min(64, (width - LEFT_PX - 1) / blocks);
    cells.selectAll("*").remove();
    addText(cells, LEFT_PX, 11, "block 0 on the left; 1.00 where both keep the same");
    rows.forEach((name, row) => {
      const y = TOP_PX + row * ROW_PX;
      addText(cells, LEFT_PX - 6, y + 14, name, { anchor: "end" });
      values[row]?.forEach((value, block) => {
        const cell = cells
          .append("rect")
          .attr("x", LEFT_PX + block * cellPx)
          .attr("y", y);
        cell.attr("width", Math.max(1, cellPx - 1)).attr("height", ROW_PX - 1);
        cell.style("fill", `color-mix(in oklab, var(--chart-kept) ${Math.round(value * 100)}%, var(--chart-pruned))`);
        if (cellPx < NUMBER_PX) return;
        const text = addText(cells, LEFT_PX + (block + 0.5) * cellPx, y + 14, value.toFixed(2), { anchor: "middle" });
        text.style("fill", value > 0.7 ? "var(--chart-paper)" : "var(--chart-ink)");
      });
    });
    const all = values.flat();
    const mean = all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
    frame.label(
      `Overlap of kept indices (Jaccard) of ${rows.join(", ")} in ${blocks} blocks: mean ${mean.toFixed(2)}, ` +
        `from ${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}.`,
    );
    cursor.refresh();
    return TOP_PX + rows.length * ROW_PX + 2;
  });
  const cells = frame.svg.append("g");
  const mark = frame.svg.append("rect").attr("class", "chart-cursor").style("display", "none");
  mark.attr("height", ROW_PX - 1);

  const inside = (row: number, block: number): At | null => {
    const last = (data?.values[0]?.length ?? 0) - 1;
    if (!data || last < 0) return null;
    return { row: clamp(row, data.rows.length - 1), block: clamp(block, last) };
  };
  const cursor = createCursor<At>(frame, {
    locate(x, y) {
      const [row, block] = [Math.floor((y - TOP_PX) / ROW_PX), Math.floor((x - LEFT_PX) / cellPx)];
      return data?.values[row]?.[block] === undefined ? null : { row, block };
    },
    move: (at, dx, dy) => inside((at?.row ?? 0) + dy, (at?.block ?? 0) + dx),
    show(at) {
      mark.style("display", at ? "" : "none");
      if (!at || !data) return null;
      const [x, y] = [LEFT_PX + at.block * cellPx, TOP_PX + at.row * ROW_PX];
      mark
        .attr("x", x)
        .attr("y", y)
        .attr("width", Math.max(1, cellPx - 1));
      const value = (data.values[at.row]?.[at.block] ?? NaN).toFixed(3);
      const title = `${data.rows[at.row] ?? ""} of block ${at.block}`;
      return { x: x + cellPx, y: y + ROW_PX, tip: { title, rows: [{ label: "overlap", value }] } };
    },
  });

  return chartOf(frame, (next) => (data = next));
}

const clamp = (value: number, last: number): number => Math.max(0, Math.min(last, value));
