// Least squares of a linear layer's weights with a ridge towards their current values (METHOD.md 7), in f64. Plain loops.
import { EngineError } from "../../errors.ts";
import { inverseFactor } from "../../prune/weights/factorise.ts";

/** What the tokens of the calibration text add up to, for a layer with `cols` inputs. */
export interface InputSums {
  /** A = X^T X + rho I, (cols, cols), with rho = ridge * the mean of the diagonal of X^T X. */
  ridged: Float64Array;
  cols: number;
  /** U of `inverseFactor`: A^-1 = U^T U. Made when it is first needed. Throws "not-finite" if A is not positive definite. */
  factor: () => Float64Array;
}

/** X^T X of the first `cols` inputs of `width`, with its ridge. gram: (width, width), filled on and above the diagonal. Null if all inputs are 0. */
export function inputSums(
  gram: Float32Array,
  { width, cols, ridge }: { width: number; cols: number; ridge: number },
): InputSums | null {
  const ridged = new Float64Array(cols * cols);
  let trace = 0;
  for (let i = 0; i < cols; i++) {
    for (let j = i; j < cols; j++) {
      const value = gram[i * width + j]!;
      ridged[i * cols + j] = value;
      ridged[j * cols + i] = value;
    }
    trace += ridged[i * cols + i]!;
  }
  if (trace === 0) return null;
  const rho = (ridge * trace) / cols;
  for (let i = 0; i < cols; i++) ridged[i * cols + i]! += rho;
  return { ridged, cols, factor: factorOf(ridged, cols) };
}

function factorOf(ridged: Float64Array, cols: number): () => Float64Array {
  let known: Float64Array | undefined;
  return () => (known ??= inverseFactor(ridged.slice(), cols));
}

/** Awaited between rows; may throw to stop. */
export type Pause = () => Promise<void>;
const noPause: Pause = () => Promise.resolve();
/** Rows between two pauses. */
const ROWS_PER_PAUSE = 32;

/**
 * The change D of all weights, (rows, cols), that minimises |E - X D^T|^2 + rho |D|^2: D A = E^T X. cross: E^T X, (rows, cols), where E is
 * what the outputs lack. Throws "not-finite" if A is not positive definite.
 */
export async function solveAll(
  { cols, factor: factored }: InputSums,
  cross: Float64Array,
  pause: Pause = noPause,
): Promise<Float64Array> {
  const rows = cross.length / cols;
  const factor = factored();
  const change = new Float64Array(cross.length);
  for (let row = 0; row < rows; row++) {
    if (row % ROWS_PER_PAUSE === 0) await pause();
    const right = cross.subarray(row * cols, (row + 1) * cols);
    const out = change.subarray(row * cols, (row + 1) * cols);
    // row by row of U, which is upper triangular
    for (let i = 0; i < cols; i++) {
      const line = i * cols;
      let sum = 0;
      for (let j = i; j < cols; j++) sum += factor[line + j]! * right[j]!;
      for (let j = i; j < cols; j++) out[j]! += sum * factor[line + j]!;
    }
  }
  return change;
}

/** The same with only some weights of each row free: the others do not change. keptOf: ascending columns of a row. */
export async function solveKept(
  { ridged, cols }: InputSums,
  cross: Float64Array,
  keptOf: (row: number) => readonly number[],
  pause: Pause = noPause,
): Promise<Float64Array> {
  const rows = cross.length / cols;
  const change = new Float64Array(cross.length);
  for (let row = 0; row < rows; row++) {
    if (row % ROWS_PER_PAUSE === 0) await pause();
    const kept = keptOf(row);
    const part = new Float64Array(kept.length ** 2);
    kept.forEach((col, i) => {
      const line = col * cols;
      const to = i * kept.length;
      for (let j = 0; j < kept.length; j++) part[to + j] = ridged[line + kept[j]!]!;
    });
    const right = Float64Array.from(kept, (col) => cross[row * cols + col]!);
    const found = conjugateGradients(part, right);
    kept.forEach((col, i) => (change[row * cols + col] = found[i]!));
  }
  return change;
}

/** The largest |b - A x| / |b| of a solution. */
const TOLERANCE = 1e-10;
/** Steps per unknown after which a solution that is not there yet counts as failed; in exact arithmetic, one is enough. */
const STEPS_PER_UNKNOWN = 10;

/**
 * x with A x = b by conjugate gradients, scaled by A's diagonal: for one right side it takes far fewer operations than a factor of A. a:
 * (n, n), symmetric and positive definite. Throws "not-finite" if it does not converge.
 */
function conjugateGradients(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const [x, residual, product] = [new Float64Array(n), b.slice(), new Float64Array(n)];
  const scaled = Float64Array.from(residual, (value, i) => value / a[i * n + i]!);
  const direction = scaled.slice();
  const least = TOLERANCE * Math.sqrt(dot(b, b));
  let before = dot(residual, scaled);
  for (let step = 0; Math.sqrt(dot(residual, residual)) > least; step++) {
    multiply(a, direction, product);
    const length = before / dot(direction, product);
    if (!(length > 0 && Number.isFinite(length)) || step > STEPS_PER_UNKNOWN * n + STEPS_PER_UNKNOWN)
      throw new EngineError(
        "not-finite",
        `The least squares of a refit have no stable solution (${n} weights, step ${step}). Use a larger ridge or more calibration sequences.`,
      );
    for (let i = 0; i < n; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * product[i]!;
      scaled[i] = residual[i]! / a[i * n + i]!;
    }
    const after = dot(residual, scaled);
    for (let i = 0; i < n; i++) direction[i] = scaled[i]! + (after / before) * direction[i]!;
    before = after;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** out = A x. */
function multiply(a: Float64Array, x: Float64Array, out: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    const line = i * n;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[line + j]! * x[j]!;
    out[i] = sum;
  }
}
