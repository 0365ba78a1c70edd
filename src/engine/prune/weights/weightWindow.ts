// A part of one MLP matrix on the CPU, to look at: its dense values, read by rows, and the scores that methods compare them by. Plain data.
import { invariant } from "../../errors.ts";
import { toFloat32 } from "../../dtype.ts";
import type { Weights } from "../../formats/safetensors/safetensors.ts";
import { type MlpMatrix, scoreScale } from "../../masks/mlpMatrices.ts";
import type { WeightMethod } from "../../recipes/weightRecipe.ts";

/** Longest side of a window, in weights: what a screen can show one by one. */
const MAX_WINDOW_SIDE = 256;

/** Rows and columns [row, row + rows) x [col, col + cols) of a matrix (out, in). */
export interface WindowPlace {
  row: number;
  col: number;
  rows: number;
  cols: number;
}

/** (rows, cols) values, row by row. Throws "shape" where the window leaves the matrix or is larger than MAX_WINDOW_SIDE a side. */
export async function windowValues(
  weights: Pick<Weights, "info" | "readRows">,
  { name, shape }: MlpMatrix,
  { row, col, rows, cols }: WindowPlace,
): Promise<Float32Array<ArrayBuffer>> {
  const inside = (first: number, count: number, size = 0): boolean =>
    Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1 && first + count <= size;
  invariant(
    inside(row, rows, shape[0]) && inside(col, cols, shape[1]) && Math.max(rows, cols) <= MAX_WINDOW_SIDE,
    "shape",
    `${name}: a window of at most ${MAX_WINDOW_SIDE} x ${MAX_WINDOW_SIDE} inside ${shape.join(" x ")} expected, ${rows} x ${cols} at row ${row}, column ${col} came`,
  );
  const values = toFloat32(await weights.readRows(name, row, rows), weights.info(name).dtype);
  const cut = new Float32Array(rows * cols);
  for (let r = 0; r < rows; r++) cut.set(values.subarray(r * shape[1] + col, r * shape[1] + col + cols), r * cols);
  return cut;
}

/**
 * The scores of a window's values (METHOD.md 2), by the norms of its block over the calibration tokens; null for SparseGPT, whose
 * scores change as it goes, and where norms are needed and not known.
 */
export function windowScores(
  method: WeightMethod,
  { part }: MlpMatrix,
  { row, col, cols }: WindowPlace,
  values: Float32Array,
  norms: { input: Float32Array; middle: Float32Array } | undefined,
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
