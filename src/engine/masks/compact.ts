// Index lists from masks, and cutting or zeroing matrices by them. Works on the source's bytes, so no weight is converted or changed.
import { VECTORS_PER_BLOCK, VECTOR_NAMES } from "../../shared/vectors.ts";
import { EngineError, invariant } from "../errors.ts";
import { dtypeBytes, elementCount, type Dtype } from "../dtype.ts";
import type { ModelConfig } from "../config/config.ts";
import { gateLayout, type Masks } from "./gates.ts";
import type { TensorGates } from "./tensorGates.ts";

/** Throws "shape" unless there are 5L masks of zeros and ones in the sizes of the model's selection vectors. */
export function checkMasks(config: ModelConfig, masks: Masks): void {
  const { sizes } = gateLayout(config);
  invariant(
    masks.length === sizes.length,
    "shape",
    `masks: expected ${sizes.length} masks for ${config.layers} blocks, got ${masks.length}. They belong to another model: open that one.`,
  );
  masks.forEach((mask, vector) => {
    const size = sizes[vector] ?? 0;
    const name = `${VECTOR_NAMES[vector % VECTORS_PER_BLOCK] ?? "?"} of block ${Math.floor(vector / VECTORS_PER_BLOCK)}`;
    if (mask.length !== size) {
      throw new EngineError(
        "shape",
        `${name}: expected a mask of ${size} gates, got ${mask.length}. It belongs to another model: open that one.`,
      );
    }
    if (!mask.every((bit) => bit <= 1))
      throw new EngineError("shape", `${name}: expected a mask of zeros and ones, got other numbers`);
  });
}

/** Positions of the ones of a mask, in ascending order. */
export function keptIndices(mask: Uint8Array): Uint32Array<ArrayBuffer> {
  const kept: number[] = [];
  mask.forEach((bit, i) => {
    if (bit !== 0) kept.push(i);
  });
  return Uint32Array.from(kept);
}

/** The mask of `size` gates with ones at `indices`. */
export function maskOfIndices(indices: ArrayLike<number>, size: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(size);
  for (let i = 0; i < indices.length; i++) mask[indices[i] ?? size] = 1;
  return mask;
}

/** The kept positions of each vector: entry 5 * block + k. */
export function indexLists(masks: Masks): Uint32Array<ArrayBuffer>[] {
  return masks.map(keptIndices);
}

/** Kept rows and columns of one tensor; without a list, all of them. */
export interface Kept {
  rows?: Uint32Array;
  cols?: Uint32Array;
}

/** The kept rows and columns of a tensor, from `tensorGates` and `indexLists`. */
export function keptOf(gates: TensorGates, lists: readonly Uint32Array[]): Kept {
  const kept: Kept = {};
  const rows = gates.rows === undefined ? undefined : lists[gates.rows];
  const cols = gates.cols === undefined ? undefined : lists[gates.cols];
  if (rows) kept.rows = rows;
  if (cols) kept.cols = cols;
  return kept;
}

/** The same for rows [first, first + count) of the tensor, with rows counted from `first`. */
export function keptOfRows({ rows, cols }: Kept, first: number, count: number): Kept {
  const kept: Kept = {};
  if (rows) kept.rows = rows.filter((row) => row >= first && row < first + count).map((row) => row - first);
  if (cols) kept.cols = cols;
  return kept;
}

/** The shape of the cut tensor: q, k, v (dq, |s1|), o (|s2|, dq), gate, up (|s4|, |s3|), down (|s5|, |s4|). */
export function cutShape(shape: readonly number[], kept: Kept): number[] {
  const cut = [...shape];
  if (kept.rows) cut[0] = kept.rows.length;
  if (kept.cols) cut[1] = kept.cols.length;
  return cut;
}

/**
 * The kept rows and columns of a matrix (out, in), or the kept entries of a vector (out), as bytes of the same dtype.
 * Throws "shape" if bytes, shape and lists do not fit each other.
 */
export function cutMatrix(
  bytes: Uint8Array,
  dtype: Dtype,
  shape: readonly number[],
  kept: Kept,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(elementCount(cutShape(checked(bytes, dtype, shape, kept), kept)) * dtypeBytes(dtype));
  move(bytes, out, { dtype, shape, kept, packed: true });
  return out;
}

/** A copy of the matrix (out, in) or vector (out) in which every element outside the kept rows and columns is zero (+0). */
export function zeroMatrix(
  bytes: Uint8Array,
  dtype: Dtype,
  shape: readonly number[],
  kept: Kept,
): Uint8Array<ArrayBuffer> {
  checked(bytes, dtype, shape, kept);
  const out = new Uint8Array(bytes.length);
  move(bytes, out, { dtype, shape, kept, packed: false });
  return out;
}

interface Move {
  dtype: Dtype;
  /** Of the source: (rows, columns), or (entries). */
  shape: readonly number[];
  kept: Kept;
  /** Whether elements are packed together, or stay at their places. */
  packed: boolean;
}

/** Copies the kept elements to `out`, in words: the largest unsigned integers of which an element is made. */
function move(bytes: Uint8Array, out: Uint8Array, { dtype, shape, kept, packed }: Move): void {
  const [rows = 0, cols = 1] = shape;
  const size = dtypeBytes(dtype);
  const source = words(bytes, size);
  const target = words(out, size);
  const rowWords = source.length / Math.max(rows, 1);
  const perElement = rowWords / Math.max(cols, 1);
  const columns = kept.cols && wordsOf(kept.cols, perElement);
  const outRowWords = packed && columns ? columns.length : rowWords;
  (kept.rows ?? upTo(rows)).forEach((row, order) => {
    const from = row * rowWords;
    const to = (packed ? order : row) * outRowWords;
    if (!columns) target.set(source.subarray(from, from + rowWords), to);
    else {
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i]!;
        target[to + (packed ? i : column)] = source[from + column]!;
      }
    }
  });
}

/** The bytes as words, copied if they are not aligned. */
function words(bytes: Uint8Array, elementBytes: number): Uint8Array | Uint16Array | Uint32Array {
  if (elementBytes === 1) return bytes;
  const { buffer, byteOffset, length } = bytes.byteOffset % Math.min(elementBytes, 4) === 0 ? bytes : bytes.slice();
  return elementBytes === 2
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Uint32Array(buffer, byteOffset, length / 4);
}

/** The positions of the words of each listed element, in order. */
function wordsOf(list: Uint32Array, perElement: number): Uint32Array {
  if (perElement === 1) return list;
  return Uint32Array.from({ length: list.length * perElement }, (_, i) => {
    return list[Math.floor(i / perElement)]! * perElement + (i % perElement);
  });
}

function upTo(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

/** (rows, columns) of a matrix, or (entries, 1) of a vector. Throws "shape" if bytes, shape and lists do not fit each other. */
function checked(bytes: Uint8Array, dtype: Dtype, shape: readonly number[], kept: Kept): [number, number] {
  const [rows = 0, cols = 1] = shape;
  const fits = (list: Uint32Array | undefined, size: number): boolean => !list || list.every((index) => index < size);
  invariant(
    (shape.length === 2 || (shape.length === 1 && !kept.cols)) && bytes.length === rows * cols * dtypeBytes(dtype),
    "shape",
    `tensor: expected a matrix (out, in) or a vector (out) of ${dtype} with all its bytes, got shape [${shape.join(", ")}] and ${bytes.length} bytes`,
  );
  invariant(
    fits(kept.rows, rows) && fits(kept.cols, cols),
    "shape",
    `index lists: expected rows below ${rows} and columns below ${cols}, got larger ones. The masks belong to another model: open that one.`,
  );
  return [rows, cols];
}
