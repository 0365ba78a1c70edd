// What a view of a matrix of single weights shows: which weights a pixel covers, how many of them are kept, and which compete.

/** A keep-mask of shape (out, in): weight i (row by row) is kept where bit i % 32 of word i / 32 is set. */
export interface MatrixMask {
  shape: readonly [number, number];
  bits: Uint32Array;
}

/** Where the matrix is under a canvas: pixels per weight, and the corner of weight (0, 0). */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface WeightPlace {
  row: number;
  col: number;
}

/** `rows` x `cols` weights from (row, col) on. */
export interface MatrixArea extends WeightPlace {
  rows: number;
  cols: number;
}

/** A level that no weight has: beside the matrix. */
export const OUTSIDE = 255;
/** Level of a pixel whose weights are all kept. */
export const FULL = 254;

function bitsSet(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** True where weight (row, col) is kept. */
export function isKeptAt({ shape, bits }: MatrixMask, row: number, col: number): boolean {
  const i = row * shape[1] + col;
  return (((bits[i >>> 5] ?? 0) >>> (i & 31)) & 1) === 1;
}

/** Number of set bits from `from` up to, but without, `to`. */
export function keptBetween(bits: Uint32Array, from: number, to: number): number {
  if (to <= from) return 0;
  const [first, last] = [from >>> 5, (to - 1) >>> 5];
  const head = 0xffffffff << (from & 31);
  const tail = 0xffffffff >>> (31 - ((to - 1) & 31));
  if (first === last) return bitsSet((bits[first] ?? 0) & head & tail);
  let kept = bitsSet((bits[first] ?? 0) & head) + bitsSet((bits[last] ?? 0) & tail);
  for (let word = first + 1; word < last; word += 1) kept += bitsSet(bits[word] ?? 0);
  return kept;
}

/**
 * First and last weight (exclusive) under each of `pixels` pixels along one axis, as pairs; equal where a pixel is beside the matrix.
 * @param offset pixel of the first weight
 * @param scale pixels per weight
 * @param size weights along the axis
 */
export function spansOf(pixels: number, offset: number, scale: number, size: number): Int32Array {
  const spans = new Int32Array(2 * pixels);
  for (let p = 0; p < pixels; p += 1) {
    const inside = (v: number): number => Math.max(0, Math.min(size, v));
    // from one pixel per weight on, a pixel shows the weight under its middle
    const from = scale >= 1 ? Math.floor((p + 0.5 - offset) / scale) : Math.floor((p - offset) / scale + 1e-9);
    const to = scale >= 1 ? from + 1 : Math.max(from + 1, Math.floor((p + 1 - offset) / scale + 1e-9));
    spans[2 * p] = inside(from);
    spans[2 * p + 1] = inside(to);
  }
  return spans;
}

/** Fills `levels` (height, width) with the kept share under each pixel of a canvas: 0..FULL, or OUTSIDE. */
export function keptLevels(
  mask: MatrixMask,
  view: View,
  { width, height }: { width: number; height: number },
  levels: Uint8Array,
): void {
  const [rows, cols] = mask.shape;
  const across = spansOf(width, view.x, view.scale, cols);
  const down = spansOf(height, view.y, view.scale, rows);
  for (let y = 0, at = 0; y < height; y += 1) {
    const [top, bottom] = [down[2 * y] as number, down[2 * y + 1] as number];
    for (let x = 0; x < width; x += 1, at += 1) {
      const [left, right] = [across[2 * x] as number, across[2 * x + 1] as number];
      const of = (right - left) * (bottom - top);
      let kept = 0;
      for (let row = top; row < bottom; row += 1) kept += keptBetween(mask.bits, row * cols + left, row * cols + right);
      levels[at] = of > 0 ? Math.round((FULL * kept) / of) : OUTSIDE;
    }
  }
}

/** The weight under a point, or null beside the matrix. */
export function weightUnder(shape: readonly [number, number], view: View, x: number, y: number): WeightPlace | null {
  const [col, row] = [Math.floor((x - view.x) / view.scale), Math.floor((y - view.y) / view.scale)];
  return row >= 0 && row < shape[0] && col >= 0 && col < shape[1] ? { row, col } : null;
}

/** The group of `size` weights with (row, col) in it, along the row for "inputs"; one weight for size 1, as where a full line competes. */
export function groupAt(place: WeightPlace, direction: "inputs" | "outputs", size: number): MatrixArea {
  const { row, col } = place;
  return direction === "inputs"
    ? { row, col: col - (col % size), rows: 1, cols: size }
    : { row: row - (row % size), col, rows: size, cols: 1 };
}

/** Side of the square tiles in which scores are read: about 32, and a multiple of the group. */
export function tileSide(size: number): number {
  return size * Math.max(1, Math.round(32 / size));
}
