// Matrices that are larger than one binding of the adapter: stored as several tensors of some of their rows each.
import { BINDING_ALIGNMENT_BYTES } from "../../gpu/buffers.ts";
import { invariant } from "../../errors.ts";
import { ELEMENT_BYTES, matrixOf, type Tensor, view } from "../../tensor.ts";

/**
 * A matrix as tensors of its rows, in order and without gaps, which may be stored in different ways. With a bias, all parts but the last have
 * a multiple of PART_STEP rows. Usually one part.
 */
export type RowParts = readonly Tensor[];

/** Parts start at multiples of this many rows, so that a bias of all rows can be divided into views of the same parts. */
export const PART_STEP = BINDING_ALIGNMENT_BYTES / ELEMENT_BYTES;

export interface PlacedPart {
  part: Tensor;
  /** Its first row within the matrix. */
  first: number;
  rows: number;
}

/** Each part with its rows. */
export function placed(parts: RowParts): PlacedPart[] {
  let first = 0;
  return parts.map((part) => {
    const { rows } = matrixOf(part);
    first += rows;
    return { part, first: first - rows, rows };
  });
}

/** Rows of the matrix. */
export const heightOf = (parts: RowParts): number => parts.reduce((sum, part) => sum + matrixOf(part).rows, 0);

/** The matrix as one tensor. `what` needs it in one buffer and begins the error's sentence. Throws "limit" if it has several parts. */
export function inOneBuffer(parts: RowParts, what: string): Tensor {
  const [first] = parts;
  invariant(
    first && parts.length === 1,
    "limit",
    () =>
      `${first?.label ?? "a matrix"}: ${what} needs all ${heightOf(parts)} rows in one buffer, but one binding of this adapter has room for ${first ? matrixOf(first).rows : 0}. Use an adapter with larger bindings or a smaller model.`,
  );
  return first;
}

/** Views of a matrix as parts of `rows` rows each. */
export function splitRows(matrix: Tensor, rows: number): RowParts {
  const { rows: all, cols } = matrixOf(matrix);
  return Array.from({ length: Math.ceil(all / rows) }, (_, i) =>
    view(matrix, i * rows * cols, [Math.min(rows, all - i * rows), cols]),
  );
}

/** Rows per part if a buffer may have `limitBytes`: all rows if they fit, otherwise a multiple of PART_STEP, at least one step. */
export function rowsOfPart(rows: number, rowBytes: number, limitBytes: number): number {
  if (rows * rowBytes <= limitBytes) return rows;
  return Math.max(1, Math.floor(limitBytes / (rowBytes * PART_STEP))) * PART_STEP;
}
