// Lines between the cells of a matrix under a view, where they are on the screen.
import type { View } from "./weightView.ts";

/** A line from (x1, y1) to (x2, y2), CSS pixels of the canvas. */
interface GridLine {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

interface GridOptions {
  /** Rows and columns of the matrix. */
  shape: readonly [number, number];
  view: View;
  /** Weights of a cell. */
  cell: { rows: number; cols: number };
  /** CSS pixels of the canvas. */
  size: { width: number; height: number };
}

/** Lines around cells: first the vertical ones, then the horizontal ones, at whole pixels and only along the matrix. */
export function gridLines({ shape: [rows, cols], view: { scale, x, y }, cell, size }: GridOptions): GridLine[] {
  const { width, height } = size;
  const [left, right] = [Math.max(0, x), Math.min(width, x + cols * scale)];
  const [top, bottom] = [Math.max(0, y), Math.min(height, y + rows * scale)];
  const across = edges({ count: cols, step: cell.cols, offset: x, scale, end: width });
  const down = edges({ count: rows, step: cell.rows, offset: y, scale, end: height });
  return [
    ...across.map((at) => ({ x1: at, y1: top, x2: at, y2: bottom })),
    ...down.map((at) => ({ x1: left, y1: at, x2: right, y2: at })),
  ];
}

interface EdgeOptions {
  /** Weights along the axis, and edges to step over. */
  count: number;
  step: number;
  /** Pixel of the first edge, pixels per weight, and the last pixel. */
  offset: number;
  scale: number;
  end: number;
}

/** Pixels of every `step`-th edge between weights, from 0 to `end`. */
function edges({ count, step, offset, scale, end }: EdgeOptions): number[] {
  const first = Math.max(0, Math.floor(-offset / scale / step) * step);
  const out: number[] = [];
  for (let i = first; i <= count && offset + i * scale <= end; i += step) out.push(Math.round(offset + i * scale));
  return out;
}
