// SparseGPT (Frantar and Alistarh 2023, arXiv 2301.00774): prunes one input after the other, and the later inputs make up for the error. f64 loops.
import { removedOf, type Pattern } from "../../recipes/weightRecipe.ts";

/** Inputs whose errors are collected before the inputs after them are updated. */
const COLUMNS = 128;

interface SparseGptJob {
  /** (rows, cols), changed in place. */
  weight: Float64Array;
  rows: number;
  cols: number;
  /** U of `inverseFactor`, (cols, cols). */
  factor: Float64Array;
  pattern: Pattern;
}

/** A job under way with its keep-mask (rows, cols). */
interface Work extends SparseGptJob {
  keep: Uint8Array;
}

/** Inputs [first, end). */
interface Inputs {
  first: number;
  end: number;
}

/**
 * Prunes and updates `weight`; returns the keep-mask (rows, cols), 0 or 1 per weight. The score of a weight is (w / U_jj)^2. N:M drops the N
 * smallest of every M consecutive inputs of a row, chosen when the first of them is reached. A share drops the smallest of every 128 inputs
 * of all rows together. Ties drop the earlier one. `pause` is awaited after each block of inputs, and may throw to stop.
 */
export async function sparseGpt(
  job: SparseGptJob,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<Uint8Array> {
  const { cols, pattern, rows } = job;
  const work: Work = { ...job, keep: new Uint8Array(rows * cols).fill(1) };
  const step = pattern.kind === "groups" ? COLUMNS - (COLUMNS % pattern.size) : COLUMNS;
  for (let first = 0; first < cols; first += step) {
    const inputs = { first, end: Math.min(first + step, cols) };
    if (pattern.kind === "share") selectShare(work, inputs, pattern.removed);
    const errors = new Float64Array(inputs.end - first);
    for (let row = 0; row < rows; row++) pruneRow(work, row, inputs, errors);
    await pause();
  }
  return work.keep;
}

/** Prunes the inputs [first, end) of one row, and updates the later inputs by their errors. */
function pruneRow(work: Work, row: number, { first, end }: Inputs, errors: Float64Array): void {
  const { weight, cols, factor, pattern, keep } = work;
  const at = row * cols;
  for (let j = first; j < end; j++) {
    if (pattern.kind === "groups" && j % pattern.size === 0) selectGroup(work, at, j, pattern);
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

/** Drops the `removed` smallest of the `size` inputs from `first` on. at: where the row starts in `weight` and `keep`. */
function selectGroup(
  { weight, keep, factor, cols }: Work,
  at: number,
  first: number,
  { removed, size }: { removed: number; size: number },
): void {
  const score = (j: number): number => (weight[at + j]! / factor[j * cols + j]!) ** 2;
  const inputs = Array.from({ length: size }, (_, i) => first + i);
  inputs.sort((a, b) => score(a) - score(b) || a - b);
  for (const j of inputs.slice(0, removed)) keep[at + j] = 0;
}

/** Drops this share of the weights of the inputs [first, end), the smallest of all rows together. */
function selectShare({ weight, keep, rows, cols, factor }: Work, { first, end }: Inputs, share: number): void {
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
