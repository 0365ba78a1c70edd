// Matrices that no binding of the adapter can hold whole: tensors of some of their rows each.
import { BINDING_ALIGNMENT_BYTES } from "../../gpu/buffers.ts";
import { invariant } from "../../errors.ts";
import { ELEMENT_BYTES, matrixOf, type Tensor, view } from "../../tensor.ts";

/** A matrix as tensors of its rows, in order and without gaps; all but the last have a multiple of PART_STEP rows. Usually one. */
export type RowParts = readonly Tensor[];

/** Parts begin at multiples of as many rows, so that a bias of all rows can be viewed in the same parts. */
const PART_STEP = BINDING_ALIGNMENT_BYTES / ELEMENT_BYTES;

export interface PlacedPart {
  part: Tensor;
  /** Its first row within the whole matrix. */
  first: number;
  rows: number;
}

/** Each part with its place. */
export function placed(parts: RowParts): PlacedPart[] {
  let first = 0;
  return parts.map((part) => {
    const { rows } = matrixOf(part);
    first += rows;
    return { part, first: first - rows, rows };
  });
}

/** Rows of the whole matrix. */
export const heightOf = (parts: RowParts): number => parts.reduce((sum, part) => sum + matrixOf(part).rows, 0);

/** A matrix that must not be in parts for what is to be done with it. Throws "limit". */
export function inOneBuffer(parts: RowParts, what: string): Tensor {
  const [whole] = parts;
  invariant(
    whole && parts.length === 1,
    "limit",
    () =>
      `${whole?.label ?? "a matrix"}: ${what} needs all ${heightOf(parts)} rows in one buffer, but this adapter's bindings hold ${whole ? matrixOf(whole).rows : 0}. Use an adapter with larger bindings or a smaller model.`,
  );
  return whole;
}

/** A matrix in one tensor, seen as parts of `rows` rows each. */
export function splitRows(matrix: Tensor, rows: number): RowParts {
  const { rows: all, cols } = matrixOf(matrix);
  return Array.from({ length: Math.ceil(all / rows) }, (_, i) =>
    view(matrix, i * rows * cols, [Math.min(rows, all - i * rows), cols]),
  );
}

/** Rows a part where a buffer may have `limitBytes`: all of them if they fit, and never less than one step. */
export function rowsOfPart(rows: number, rowBytes: number, limitBytes: number): number {
  if (rows * rowBytes <= limitBytes) return rows;
  return Math.max(1, Math.floor(limitBytes / (rowBytes * PART_STEP))) * PART_STEP;
}
