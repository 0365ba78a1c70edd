// The factor that SparseGPT and refits need: U upper triangular with U^T U = H^-1, in f64. Plain loops.
import { EngineError } from "../../errors.ts";

/** The fraction of the mean of H's diagonal that is added to the diagonal (METHOD.md 2). */
const DAMPING = 0.01;

/**
 * H = (2 / n) X^T X of n sequences, (size, size) in f64 with damping, from X^T X in f32, filled on and above the diagonal. An input that was 0
 * throughout gets 1 on the diagonal and is listed in `dead`.
 */
export function hessianOf(
  gram: Float32Array,
  size: number,
  sequences: number,
): { hessian: Float64Array; dead: number[] } {
  const hessian = new Float64Array(size * size);
  const dead: number[] = [];
  let trace = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = (2 / sequences) * gram[i * size + j]!;
      hessian[i * size + j] = value;
      hessian[j * size + i] = value;
    }
    if (hessian[i * size + i] === 0) {
      hessian[i * size + i] = 1;
      dead.push(i);
    }
    trace += hessian[i * size + i]!;
  }
  for (let i = 0; i < size; i++) hessian[i * size + i] = hessian[i * size + i]! + (DAMPING * trace) / size;
  return { hessian, dead };
}

/**
 * Turns H (size, size), symmetric and positive definite, in place into U with U^T U = H^-1: first H = V V^T with V upper triangular, from the
 * last row to the first, then U = V^-1. Entries below the diagonal are 0. Throws "not-finite" if H is not positive definite.
 */
export function inverseFactor(h: Float64Array, size: number): Float64Array {
  for (let j = size - 1; j >= 0; j--) {
    const row = j * size;
    for (let i = 0; i <= j; i++) {
      const other = i * size;
      let sum = h[other + j]!;
      for (let k = j + 1; k < size; k++) sum -= h[other + k]! * h[row + k]!;
      h[other + j] = sum;
    }
    const pivot = h[row + j]!;
    if (!(pivot > 0 && Number.isFinite(pivot))) {
      throw new EngineError(
        "not-finite",
        `The sums over the calibration tokens are not positive definite (pivot ${pivot} at input ${j}). Use more calibration sequences.`,
      );
    }
    const root = Math.sqrt(pivot);
    for (let i = 0; i < j; i++) h[i * size + j] = h[i * size + j]! / root;
    h[row + j] = root;
    for (let k = 0; k < j; k++) h[row + k] = 0;
  }
  const line = new Float64Array(size);
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    const inverse = 1 / h[row + i]!;
    line.fill(0);
    for (let k = i + 1; k < size; k++) {
      const factor = h[row + k]!;
      const below = k * size;
      for (let j = k; j < size; j++) line[j] = line[j]! + factor * h[below + j]!;
    }
    h[row + i] = inverse;
    for (let j = i + 1; j < size; j++) h[row + j] = -inverse * line[j]!;
  }
  return h;
}
