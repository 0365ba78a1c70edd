// The mathematical properties of SparseGPT's factor and update; the golden cases compare them with PyTorch.
import { describe, expect, it } from "vitest";
import { randomRef } from "../../ops/kit/ref.ts";
import { hessianOf, inverseFactor } from "./factorise.ts";
import { sparseGpt } from "./sparseGpt.ts";
import { parsePattern } from "../../recipes/weightRecipe.ts";

/** X of `tokens` random activations in which each input depends on the one before it, and X^T X. */
function activations(tokens: number, size: number): { x: Float64Array; gram: Float32Array } {
  const x = randomRef(1, [tokens, size]).data;
  for (let i = 0; i < x.length; i++) if (i % size > 0) x[i] = x[i]! + 0.8 * x[i - 1]!;
  const gram = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      for (let t = 0; t < tokens; t++) gram[i * size + j] = gram[i * size + j]! + x[t * size + i]! * x[t * size + j]!;
    }
  }
  return { x, gram };
}

/** ||X (W - W')^T||^2 */
function outputError(x: Float64Array, weight: Float64Array, pruned: Float64Array, size: number): number {
  let error = 0;
  for (let t = 0; t < x.length / size; t++) {
    for (let row = 0; row < weight.length / size; row++) {
      let y = 0;
      for (let j = 0; j < size; j++) y += x[t * size + j]! * (weight[row * size + j]! - pruned[row * size + j]!);
      error += y * y;
    }
  }
  return error;
}

describe.each([1, 7, 40, 150])("the factor of %d inputs", (size) => {
  it("is upper triangular, and U^T U is H's inverse", () => {
    const { hessian } = hessianOf(activations(3 * size, size).gram, size, 2);
    const u = inverseFactor(hessian.slice(), size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) expect(u[i * size + j]).toBe(0);
      // row i of H U^T U
      const hu = Float64Array.from({ length: size }, (_, k) => {
        let sum = 0;
        for (let j = k; j < size; j++) sum += hessian[i * size + j]! * u[k * size + j]!;
        return sum;
      });
      for (let j = 0; j < size; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += hu[k]! * u[k * size + j]!;
        expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(1e-9);
      }
    }
  });
});

it("an input that is 0 throughout gets 1 on the diagonal and is listed", () => {
  const { hessian, dead } = hessianOf(Float32Array.of(8, 0, 0, 0), 2, 4);
  expect(dead).toEqual([1]);
  expect([...hessian]).toEqual([4.025, 0, 0, 1.025]);
});

it("a matrix that is not positive definite is refused", () => {
  expect(() => inverseFactor(Float64Array.of(1, 2, 2, 1), 2)).toThrow(/not positive definite/);
});

it.each(["2:4", "50%"])("without correlations %s is magnitude pruning, and nothing else changes", async (pattern) => {
  const size = 160;
  const identity = new Float64Array(size * size);
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  const before = randomRef(3, [5, size]).data;
  const weight = before.slice();
  const keep = await sparseGpt({
    weight,
    rows: 5,
    cols: size,
    factor: inverseFactor(identity, size),
    pattern: parsePattern(pattern),
  });
  expect(keep.reduce((sum, bit) => sum + bit, 0)).toBe((5 * size) / 2);
  expect([...weight]).toEqual([...before].map((value, i) => (keep[i] === 1 ? value : 0)));
  const gone = [...before].filter((_, i) => keep[i] === 0).map(Math.abs);
  if (pattern === "50%") {
    const median = [...before.subarray(0)].map(Math.abs).sort((a, b) => a - b)[(5 * size) / 2] ?? 0;
    expect(gone.filter((value) => value < median).length).toBeGreaterThan(0.9 * gone.length);
  }
});

it.each(["2:4", "3:6", "30%"])(
  "with correlations %s loses less of the output than dropping the same weights",
  async (pattern) => {
    const [rows, size] = [6, 144];
    const { x, gram } = activations(400, size);
    const before = randomRef(4, [rows, size]).data;
    const weight = before.slice();
    const factor = inverseFactor(hessianOf(gram, size, 2).hessian, size);
    let blocks = 0;
    const keep = await sparseGpt({ weight, rows, cols: size, factor, pattern: parsePattern(pattern) }, async () => {
      blocks++;
    });
    expect(blocks).toBe(2);
    const dropped = before.map((value, i) => (keep[i] === 1 ? value : 0));
    expect(weight.every((value, i) => keep[i] === 1 || value === 0)).toBe(true);
    expect(outputError(x, before, weight, size)).toBeLessThan(0.7 * outputError(x, before, dropped, size));
  },
);

it("stops if pausing throws", async () => {
  const job = {
    weight: new Float64Array(4),
    rows: 1,
    cols: 4,
    factor: Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),
    pattern: parsePattern("2:4"),
  };
  await expect(sparseGpt(job, () => Promise.reject(new Error("stopped")))).rejects.toThrow("stopped");
});
