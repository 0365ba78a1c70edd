// Least squares of a refit: exact recovery where a solution exists, the normal equations, the limits of the ridge, and fixed zeros.
import { describe, expect, it } from "vitest";
import { randomRef } from "../../ops/kit/ref.ts";
import { type InputSums, inputSums, solveAll, solveKept } from "./leastSquares.ts";

/** x of `tokens` inputs, each of which depends on the one before it; those from `zeroFrom` on are 0. */
function inputs(tokens: number, size: number, zeroFrom = size): Float64Array {
  const x = randomRef(1, [tokens, size]).data;
  for (let i = 0; i < x.length; i++) if (i % size > 0) x[i] = x[i]! + 0.7 * x[i - 1]!;
  return x.map((value, i) => (i % size >= zeroFrom ? 0 : value));
}

/** a^T b. a: (tokens, rows), b: (tokens, cols). */
function product(a: Float64Array, b: Float64Array, tokens: number): Float64Array {
  const [rows, cols] = [a.length / tokens, b.length / tokens];
  const out = new Float64Array(rows * cols);
  for (let t = 0; t < tokens; t++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++) out[r * cols + c]! += a[t * rows + r]! * b[t * cols + c]!;
  return out;
}

/** x weight^T. x: (tokens, cols), weight: (rows, cols). */
function outputs(x: Float64Array, weight: Float64Array, tokens: number): Float64Array {
  const cols = x.length / tokens;
  const rows = weight.length / cols;
  return Float64Array.from({ length: tokens * rows }, (_, i) => {
    const [t, r] = [Math.floor(i / rows), i % rows];
    let sum = 0;
    for (let c = 0; c < cols; c++) sum += x[t * cols + c]! * weight[r * cols + c]!;
    return sum;
  });
}

function sumsOf(x: Float64Array, tokens: number, ridge: number): InputSums {
  const cols = x.length / tokens;
  const sums = inputSums(Float32Array.from(product(x, x, tokens)), { width: cols, cols, ridge });
  if (!sums) throw new Error("expected inputs");
  return sums;
}

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((value, i) => value - b[i]!));

const ROWS = 5;
/** Every third weight of a row is pruned, starting at another column in each. */
const keptOf = (cols: number) => (row: number) =>
  Array.from({ length: cols }, (_, col) => col).filter((col) => (col + row) % 3 !== 0);

describe.each([1, 4, 23, 70])("%d inputs", (cols) => {
  const tokens = 4 * cols + 3;
  const x = inputs(tokens, cols);
  const missing = randomRef(2, [ROWS, cols]).data;

  it("an exact solution is found", async () => {
    const cross = product(outputs(x, missing, tokens), x, tokens);
    expect(difference(await solveAll(sumsOf(x, tokens, 1e-9), cross), missing)).toBeLessThan(1e-4);
    const kept = keptOf(cols);
    const masked = missing.map((value, i) => (kept(Math.floor(i / cols)).includes(i % cols) ? value : 0));
    const found = await solveKept(sumsOf(x, tokens, 1e-9), product(outputs(x, masked, tokens), x, tokens), kept);
    expect(difference(found, masked)).toBeLessThan(1e-4);
  });

  it("without one, the normal equations hold, in each row on what is kept, and nothing else changes", async () => {
    const sums = sumsOf(x, tokens, 0.1);
    const cross = product(randomRef(3, [tokens, ROWS]).data, x, tokens);
    const gapOf = (change: Float64Array): Float64Array =>
      cross.map((value, i) => {
        const [row, col] = [Math.floor(i / cols), i % cols];
        let sum = 0;
        for (let j = 0; j < cols; j++) sum += change[row * cols + j]! * sums.ridged[j * cols + col]!;
        return value - sum;
      });
    expect(largest(gapOf(await solveAll(sums, cross)))).toBeLessThan(1e-9 * largest(cross));
    const kept = keptOf(cols);
    const change = await solveKept(sums, cross, kept);
    const gap = gapOf(change);
    for (let i = 0; i < change.length; i++) {
      if (kept(Math.floor(i / cols)).includes(i % cols)) expect(Math.abs(gap[i]!)).toBeLessThan(1e-8 * largest(cross));
      else expect(change[i]).toBe(0);
    }
  });

  it("with everything kept, both ways agree", async () => {
    const sums = sumsOf(x, tokens, 0.1);
    const cross = product(outputs(x, missing, tokens), x, tokens);
    const all = Array.from({ length: cols }, (_, col) => col);
    const found = await solveKept(sums, cross, () => all);
    expect(difference(found, await solveAll(sums, cross))).toBeLessThan(1e-8);
  });

  it("a large ridge leaves the weights as they are", async () => {
    const cross = product(outputs(x, missing, tokens), x, tokens);
    const size = async (ridge: number): Promise<number> => largest(await solveAll(sumsOf(x, tokens, ridge), cross));
    const [weak, strong, stronger] = [await size(0.1), await size(1e4), await size(1e6)];
    expect(strong).toBeLessThan(0.02 * weak);
    expect(stronger).toBeLessThan(0.011 * strong);
  });
});

it("inputs that are 0 throughout, and padding, change nothing", async () => {
  const tokens = 30;
  const x = inputs(tokens, 8, 6);
  const gram = Float32Array.from(product(x, x, tokens));
  const sums = inputSums(gram, { width: 8, cols: 7, ridge: 0.1 });
  if (!sums) throw new Error("expected inputs");
  expect(sums.ridged).toHaveLength(49);
  const cross = Float64Array.from([...product(randomRef(4, [tokens, 1]).data, x, tokens)].slice(0, 7));
  const change = await solveAll(sums, cross);
  expect(change[6]).toBe(0);
  expect(change[0]).not.toBe(0);
  expect(inputSums(new Float32Array(16), { width: 4, cols: 4, ridge: 0.1 })).toBeNull();
});

it("sums that are no sums of squares are refused", async () => {
  const wrong = inputSums(Float32Array.of(1, 2, 0, 1), { width: 2, cols: 2, ridge: 0.1 });
  if (!wrong) throw new Error("expected inputs");
  await expect(solveAll(wrong, Float64Array.of(1, 1))).rejects.toThrow(/not positive definite/);
  await expect(solveKept(wrong, Float64Array.of(1, -1), () => [0, 1])).rejects.toThrow(/no stable solution/);
  const broken = { ...wrong, ridged: Float64Array.of(NaN, 0, 0, 1) };
  await expect(solveKept(broken, Float64Array.of(1, -1), () => [0, 1])).rejects.toMatchObject({ code: "not-finite" });
});

it("a stop between rows ends the work", async () => {
  const sums = sumsOf(inputs(20, 3), 20, 0.1);
  const stop = (): Promise<void> => Promise.reject(new Error("stopped"));
  await expect(solveAll(sums, new Float64Array(6), stop)).rejects.toThrow("stopped");
  await expect(solveKept(sums, new Float64Array(6), () => [0], stop)).rejects.toThrow("stopped");
});
