// Cells of a matrix under a view: larger ones where a cell would be less than a pixel, the cell at a place, and the part that is in view.
import type { MatrixCells } from "../../../engine/index.ts";
import type { MapArea } from "../map/weightGeometry.ts";
import type { MatrixArea, View, WeightPlace } from "../map/weightView.ts";

/** Cells without their histogram; the counts of larger cells need more bits. */
export interface Cells extends Omit<MatrixCells, "magnitudes" | "counts"> {
  counts: readonly (Uint16Array | Uint32Array)[];
}

/** How many cells a side of a pixel covers: 1 where cells are at least as large. pixels: device pixels per weight. */
export const cellsPerPixel = ({ step }: Cells, pixels: number): number => Math.max(1, Math.ceil(1 / (pixels * step)));

/** Cells of `factor` x `factor` cells: their largest value, their mean, and their counts together. */
export function coarser(cells: Cells, factor: number): Cells {
  if (factor === 1) return cells;
  const { area, rows, cols } = cells;
  const [outRows, outCols] = [Math.ceil(rows / factor), Math.ceil(cols / factor)];
  const size = outRows * outCols;
  const [largest, mean] = [new Float32Array(size), new Float32Array(size)];
  const counts = cells.counts.map(() => new Uint32Array(size));
  for (let row = 0, from = 0; row < rows; row += 1)
    for (let col = 0; col < cols; col += 1, from += 1) {
      const to = Math.floor(row / factor) * outCols + Math.floor(col / factor);
      const value = cells.largest[from] ?? 0;
      if (Math.abs(value) > Math.abs(largest[to] ?? 0)) largest[to] = value;
      let weights = 0;
      cells.counts.forEach((own, k) => {
        const n = own[from] ?? 0;
        weights += n;
        const sums = counts[k];
        if (sums) sums[to] = (sums[to] ?? 0) + n;
      });
      mean[to] = (mean[to] ?? 0) + (cells.mean[from] ?? 0) * weights;
    }
  for (let i = 0; i < size; i += 1) mean[i] = (mean[i] ?? 0) / counts.reduce((sum, own) => sum + (own[i] ?? 0), 0);
  return { area, step: cells.step * factor, rows: outRows, cols: outCols, largest, mean, counts };
}

/** One cell: which weights it covers, and what is known of them. */
interface OneCell {
  area: MatrixArea;
  largest: number;
  mean: number;
  /** Weights of each class. */
  counts: readonly number[];
}

/** The cell with a weight in it; null where the cells do not cover it. */
export function cellAt(cells: Cells, { row, col }: WeightPlace): OneCell | null {
  const { area, step, cols } = cells;
  const [down, across] = [row - area.row, col - area.col];
  if (down < 0 || across < 0 || down >= area.rows || across >= area.cols) return null;
  const [r, c] = [Math.floor(down / step), Math.floor(across / step)];
  const i = r * cols + c;
  return {
    area: {
      row: area.row + r * step,
      col: area.col + c * step,
      rows: Math.min(step, area.rows - r * step),
      cols: Math.min(step, area.cols - c * step),
    },
    largest: cells.largest[i] ?? 0,
    mean: cells.mean[i] ?? 0,
    counts: cells.counts.map((own) => own[i] ?? 0),
  };
}

/** The weights of a matrix that are in view, at least one. */
export function areaInView(
  [rows, cols]: readonly [number, number],
  view: View,
  { top, width, height }: MapArea,
): MatrixArea {
  const span = (offset: number, from: number, to: number, size: number): [number, number] => {
    const first = Math.max(0, Math.min(size - 1, Math.floor((from - offset) / view.scale)));
    return [first, Math.max(1, Math.min(size, Math.ceil((to - offset) / view.scale)) - first)];
  };
  const [col, across] = span(view.x, 0, width, cols);
  const [row, down] = span(view.y, top, top + height, rows);
  return { row, col, rows: down, cols: across };
}
