// A matrix as cells of weights, to be drawn: the largest and the mean magnitude of each cell, how many of its weights are kept, and a histogram. Plain data.
import { EngineError, invariant } from "../../../errors.ts";
import { heldMagnitudes, type Magnitudes } from "./magnitudes.ts";
import type { MatrixWindow } from "../weightWindow.ts";

/** The most cells in one answer. A figure has about as many pixels, and they take 3 MB. */
const MAX_CELLS = 2 ** 18;
/** Weights that are read at once: 4 MB in f32. */
const PIECE_WEIGHTS = 2 ** 20;
/** Longest side of a cell in weights: its weights are counted in 16 bits. */
const MAX_STEP = 255;

/** What a pruning keeps of a matrix (out, in): the gates of its rows and columns (null: all are kept), or one bit per weight, as in `WeightMask`. */
export type MatrixKeep =
  { rows: Readonly<Uint8Array> | null; cols: Readonly<Uint8Array> | null } | { bits: Uint32Array };

/** Cells of `step` x `step` weights from the area's corner on; the last ones of a row or column may be smaller. */
export interface MatrixCells {
  area: MatrixWindow;
  step: number;
  /** Rows and columns of cells. */
  rows: number;
  cols: number;
  /** The value of largest magnitude in each cell, with its sign; row by row. */
  largest: Float32Array;
  /** Mean magnitude of each cell. */
  mean: Float32Array;
  /** Weights per cell of each class. The class of a weight is 1 where the first pruning keeps it, plus 2 where the second one does. */
  counts: readonly Uint16Array[];
  magnitudes: Magnitudes;
}

interface CellsWanted {
  /** (out, in) */
  shape: readonly [number, number];
  area: MatrixWindow;
  /** None: the dense model, whose weights are of class 1. */
  keeps: readonly MatrixKeep[];
  /** Values of whole rows [row, row + rows), row by row. */
  read: (row: number, rows: number) => Promise<Float32Array>;
  cancelled: () => boolean;
}

/** Weights along the side of a cell, so that an area has at most MAX_CELLS. */
function stepFor({ rows, cols }: MatrixWindow): number {
  let step = Math.max(1, Math.floor(Math.sqrt((rows * cols) / MAX_CELLS)));
  while (Math.ceil(rows / step) * Math.ceil(cols / step) > MAX_CELLS) step += 1;
  return step;
}

/** Reads an area piece by piece. Throws "shape" for an area outside the matrix or masks of another size, "cancelled" soon after `cancelled` returns true. */
export async function matrixCells(wanted: CellsWanted): Promise<MatrixCells> {
  const { area, read, cancelled } = wanted;
  checkWanted(wanted);
  const cells = emptyCells(area, wanted.keeps.length);
  const held = heldMagnitudes(cells.counts.length);
  const [, width] = wanted.shape;
  const piece = Math.max(1, Math.floor(PIECE_WEIGHTS / width));
  const classes = new Uint8Array(area.cols);
  for (let row = area.row; row < area.row + area.rows; row += piece) {
    // lets a message arrive that cancels this
    await new Promise((resolve) => setTimeout(resolve));
    if (cancelled()) throw new EngineError("cancelled", "Reading this matrix was stopped.");
    const rows = Math.min(piece, area.row + area.rows - row);
    const values = await read(row, rows);
    for (let r = 0; r < rows; r += 1) {
      classesOfRow(wanted, row + r, classes);
      const line = values.subarray(r * width + area.col, r * width + area.col + area.cols);
      held.add(line, classes);
      addRow(cells, row + r - area.row, line, classes);
    }
  }
  for (let i = 0; i < cells.mean.length; i += 1) {
    let weights = 0;
    for (const counts of cells.counts) weights += counts[i] ?? 0;
    cells.mean[i] = (cells.mean[i] ?? 0) / weights;
  }
  return { ...cells, magnitudes: held.binned() };
}

function checkWanted({ shape: [out, inputs], area, keeps }: CellsWanted): void {
  const { row, col, rows, cols } = area;
  const inside = row >= 0 && col >= 0 && rows >= 1 && cols >= 1 && row + rows <= out && col + cols <= inputs;
  invariant(
    inside && [row, col, rows, cols].every(Number.isInteger),
    "shape",
    `area: expected an area inside ${out} x ${inputs}, got ${rows} x ${cols} at row ${row}, column ${col}. Open the model that is shown again.`,
  );
  for (const keep of keeps) {
    const fits =
      "bits" in keep
        ? keep.bits.length === Math.ceil((out * inputs) / 32)
        : (keep.rows?.length ?? out) === out && (keep.cols?.length ?? inputs) === inputs;
    invariant(fits, "shape", `mask: expected one of ${out} x ${inputs}, got another. It belongs to another model.`);
  }
}

function emptyCells(area: MatrixWindow, prunings: number): Omit<MatrixCells, "magnitudes"> {
  const step = stepFor(area);
  invariant(step <= MAX_STEP, "limit", `area: expected at most ${MAX_CELLS * MAX_STEP ** 2} weights, got more.`);
  const [rows, cols] = [Math.ceil(area.rows / step), Math.ceil(area.cols / step)];
  const [largest, mean] = [new Float32Array(rows * cols), new Float32Array(rows * cols)];
  const counts = Array.from({ length: prunings > 1 ? 4 : 2 }, () => new Uint16Array(rows * cols));
  return { area, step, rows, cols, largest, mean, counts };
}

/** The class of each weight of a row that is in the area. */
function classesOfRow({ shape, area, keeps }: CellsWanted, row: number, classes: Uint8Array): void {
  classes.fill(keeps.length === 0 ? 1 : 0);
  keeps.forEach((keep, n) => {
    const own = 1 << n;
    if ("bits" in keep) {
      const first = row * shape[1] + area.col;
      for (let c = 0; c < area.cols; c += 1) {
        const i = first + c;
        if (((keep.bits[i >>> 5] ?? 0) >>> (i & 31)) & 1) classes[c] = (classes[c] ?? 0) | own;
      }
    } else if (keep.rows?.[row] !== 0) {
      for (let c = 0; c < area.cols; c += 1) if (keep.cols?.[area.col + c] !== 0) classes[c] = (classes[c] ?? 0) | own;
    }
  });
}

/** Adds a row of the area; `mean` holds sums until all rows are there. */
function addRow(
  { step, cols, largest, mean, counts }: Omit<MatrixCells, "magnitudes">,
  row: number,
  line: Float32Array,
  classes: Uint8Array,
): void {
  const first = Math.floor(row / step) * cols;
  for (let c = 0; c < line.length; c += 1) {
    const cell = first + Math.floor(c / step);
    const value = line[c] ?? 0;
    const size = Math.abs(value);
    if (size > Math.abs(largest[cell] ?? 0)) largest[cell] = value;
    mean[cell] = (mean[cell] ?? 0) + size;
    const own = counts[classes[c] ?? 0];
    if (own) own[cell] = (own[cell] ?? 0) + 1;
  }
}
