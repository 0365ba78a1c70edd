// SparseGPT (Frantar and Alistarh 2023, arXiv 2301.00774): weights go one input after the other, and the inputs behind make up for them. f64 loops.
import { removedOf, type Pattern } from "../../recipes/weightRecipe.ts";

/** Inputs whose errors are gathered before the inputs behind them are updated. */
const COLUMNS = 128;

export interface SparseGptJob {
  /** (rows, cols), changed in place. */
  weight: Float64Array;
  rows: number;
  cols: number;
  /** U of `inverseFactor`, (cols, cols). */
  factor: Float64Array;
  pattern: Pattern;
}

/**
 * Prunes and updates `weight`; returns the keep-mask, 0 or 1 a weight. N:M: of every M consecutive inputs of a row the N smallest by
 * (w / U_jj)^2 go, chosen when the first of them is reached. A share: the smallest of every 128 inputs of all rows together. Of equals
 * the earlier goes. `pause` is awaited after each block of inputs, and may throw to stop.
 */
export async function sparseGpt(
  job: SparseGptJob,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<Uint8Array> {
  const { cols, pattern, rows } = job;
  const keep = new Uint8Array(rows * cols).fill(1);
  const step = pattern.kind === "groups" ? COLUMNS - (COLUMNS % pattern.size) : COLUMNS;
  for (let first = 0; first < cols; first += step) {
    const end = Math.min(first + step, cols);
    if (pattern.kind === "share") selectShare(job, keep, first, end, pattern.removed);
    const errors = new Float64Array(end - first);
    for (let row = 0; row < rows; row++) pruneRow(job, keep, row, first, end, errors);
    await pause();
  }
  return keep;
}

/** The inputs [first, end) of one row, and what their errors do to those behind. */
function pruneRow(
  { weight, cols, factor, pattern }: SparseGptJob,
  keep: Uint8Array,
  row: number,
  first: number,
  end: number,
  errors: Float64Array,
): void {
  const at = row * cols;
  for (let j = first; j < end; j++) {
    if (pattern.kind === "groups" && j % pattern.size === 0) {
      selectGroup(weight, keep, factor, cols, at, j, pattern.removed, pattern.size);
    }
    const line = j * cols;
    const error = keep[at + j] === 1 ? 0 : weight[at + j]! / factor[line + j]!;
    errors[j - first] = error;
    if (error === 0) continue;
    weight[at + j] = 0;
    for (let k = j + 1; k < end; k++) weight[at + k] = weight[at + k]! - error * factor[line + k]!;
  }
  for (let j = first; j < end; j++) {
    const error = errors[j - first]!;
    const line = j * cols;
    if (error !== 0) for (let k = end; k < cols; k++) weight[at + k] = weight[at + k]! - error * factor[line + k]!;
  }
}

function selectGroup(
  weight: Float64Array,
  keep: Uint8Array,
  factor: Float64Array,
  cols: number,
  at: number,
  first: number,
  removed: number,
  size: number,
): void {
  const score = (j: number): number => (weight[at + j]! / factor[j * cols + j]!) ** 2;
  const inputs = Array.from({ length: size }, (_, i) => first + i);
  inputs.sort((a, b) => score(a) - score(b) || a - b);
  for (const j of inputs.slice(0, removed)) keep[at + j] = 0;
}

function selectShare(
  { weight, rows, cols, factor }: SparseGptJob,
  keep: Uint8Array,
  first: number,
  end: number,
  share: number,
): void {
  const width = end - first;
  const scores = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let j = first; j < end; j++) {
      scores[row * width + j - first] = (weight[row * cols + j]! / factor[j * cols + j]!) ** 2;
    }
  }
  const removed = removedOf(scores.length, share);
  if (removed === 0) return;
  const threshold = scores.slice().sort()[removed - 1]!;
  let equals = removed - scores.reduce((below, score) => below + (score < threshold ? 1 : 0), 0);
  scores.forEach((score, i) => {
    if (score > threshold || (score === threshold && equals-- <= 0)) return;
    keep[Math.floor(i / width) * cols + first + (i % width)] = 0;
  });
}
