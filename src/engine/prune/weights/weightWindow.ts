// A rectangle of one MLP matrix on the CPU, to be drawn: its dense values, read by rows, and the scores that rank them. Plain data.
import { invariant } from "../../errors.ts";
import { toFloat32 } from "../../dtype.ts";
import type { Weights } from "../../formats/safetensors/safetensors.ts";
import { type MlpMatrix, scoreScale } from "../../masks/mlpMatrices.ts";
import type { WeightMethod } from "../../recipes/weightRecipe.ts";
import type { BlockNorms } from "./blockPruner.ts";

/** Longest side of a window, in weights: as many as a screen can show one by one. */
const MAX_WINDOW_SIDE = 256;

/** Rows [row, row + rows) and columns [col, col + cols) of a matrix (out, in). */
export interface MatrixWindow {
  row: number;
  col: number;
  rows: number;
  cols: number;
}

/** The window of a matrix with its dense values, (rows, cols), and the norms of its block over the calibration tokens, if known. */
interface ScoredWindow extends Omit<MatrixWindow, "rows"> {
  values: Float32Array;
  norms: Readonly<Record<keyof BlockNorms, Float32Array>> | undefined;
}

/** Dense values of the rows [row, row + rows) of a matrix, row by row; those of a quantised file are dequantised. */
export async function rowValues(
  weights: Pick<Weights, "info" | "readRows">,
  name: string,
  row: number,
  rows: number,
): Promise<Float32Array<ArrayBuffer>> {
  return toFloat32(await weights.readRows(name, row, rows), weights.info(name).dtype);
}

/** (rows, cols) values, row by row. Throws "shape" if the window extends beyond the matrix, or a side is longer than MAX_WINDOW_SIDE. */
export async function windowValues(
  weights: Pick<Weights, "info" | "readRows">,
  { name, shape }: MlpMatrix,
  { row, col, rows, cols }: MatrixWindow,
): Promise<Float32Array<ArrayBuffer>> {
  const inside = (first: number, count: number, size = 0): boolean =>
    Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1 && first + count <= size;
  invariant(
    inside(row, rows, shape[0]) && inside(col, cols, shape[1]) && Math.max(rows, cols) <= MAX_WINDOW_SIDE,
    "shape",
    `${name}: expected a window of at most ${MAX_WINDOW_SIDE} x ${MAX_WINDOW_SIDE} inside ${shape.join(" x ")}, got ${rows} x ${cols} at row ${row}, column ${col}`,
  );
  const values = await rowValues(weights, name, row, rows);
  const cut = new Float32Array(rows * cols);
  for (let r = 0; r < rows; r++) cut.set(values.subarray(r * shape[1] + col, r * shape[1] + col + cols), r * cols);
  return cut;
}

/**
 * The scores of a window's values (METHOD.md 2), (rows, cols). Null for SparseGPT, whose scores change while it prunes, and if the method
 * needs norms that are not known.
 */
export function windowScores(
  method: WeightMethod,
  { part }: MlpMatrix,
  { row, col, cols, values, norms }: ScoredWindow,
): Float32Array<ArrayBuffer> | null {
  if (method === "sparsegpt") return null;
  const { by, of } = scoreScale(method, part);
  if (by === "none") return Float32Array.from(values, Math.abs);
  const scale = norms?.[of];
  if (!scale) return null;
  return Float32Array.from(values, (value, i) => {
    const [r, c] = [row + Math.floor(i / cols), col + (i % cols)];
    return Math.abs(value) * (by === "input norm" ? (scale[c] ?? 0) : Math.sqrt(scale[r] ?? 0));
  });
}
