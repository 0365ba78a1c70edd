// Down-sampling must not lose peaks, smoothing must not be biased, and the cursor must find the nearest step.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketEdges, bucketIndices, finiteExtent, nearestIndex, normalise, smooth } from "./sampling.ts";

const ascending = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("bucketIndices", () => {
  it("returns everything where it fits", () => {
    expect(bucketIndices([0, 1, 2], [5, 6, 7], 3, 10)).toEqual([0, 1, 2]);
    expect(bucketIndices([], [], 0, 10)).toEqual([]);
  });

  it("keeps a single peak among ten thousand points", () => {
    const y = new Float32Array(10_000).fill(1);
    y[6_543] = 9;
    const shown = bucketIndices(ascending(10_000), y, 10_000, 50);
    expect(shown).toContain(6_543);
    expect(shown.length).toBeLessThanOrEqual(200);
  });

  it("leaves out what is not finite, with and without buckets", () => {
    expect(bucketIndices([0, 1, 2], [1, NaN, 2], 3, 10)).toEqual([0, 2]);
    const y = ascending(100).map((i) => (i % 2 === 0 ? i : Infinity));
    expect(bucketIndices(ascending(100), y, 100, 5).every((i) => i % 2 === 0)).toBe(true);
  });

  it("is ascending without repeats, and keeps first, last, smallest and largest", () => {
    const series = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 20 }), (y, buckets) => {
        const shown = bucketIndices(ascending(y.length), y, y.length, buckets);
        for (let i = 1; i < shown.length; i += 1) expect(shown[i]).toBeGreaterThan(shown[i - 1] ?? -1);
        const values = shown.map((i) => y[i] ?? NaN);
        expect([shown[0], shown.at(-1)]).toEqual([0, y.length - 1]);
        expect([Math.min(...values), Math.max(...values)]).toEqual([Math.min(...y), Math.max(...y)]);
      }),
    );
  });
});

describe("smooth", () => {
  it("starts at the first value and stays on a constant", () => {
    for (const value of smooth([3, 3, 3], 3, 40)) expect(value).toBeCloseTo(3, 12);
    const [first, second] = smooth([1, 4], 2, 3);
    expect(first).toBe(1);
    expect(second).toBeCloseTo((0.5 * 1 + 4) / 1.5, 12);
  });

  it("does not remember a value that is not finite", () => {
    expect(Array.from(smooth([2, NaN, 2], 3, 5))).toEqual([2, NaN, 2]);
  });
});

describe("normalise", () => {
  it("divides by the first positive value, or by the given start", () => {
    expect(Array.from(normalise([NaN, 0, 2, 1], 4))).toEqual([NaN, 0, 1, 0.5]);
    expect(Array.from(normalise([1, 3], 2, 2))).toEqual([0.5, 1.5]);
    expect(Array.from(normalise([0, 0], 2))).toEqual([0, 0]);
  });
});

describe("finding", () => {
  it("the nearest step", () => {
    const steps = [0, 10, 20, 50];
    expect([-5, 4, 5, 6, 34, 36, 99].map((at) => nearestIndex(steps, 4, at))).toEqual([0, 0, 0, 1, 2, 3, 3]);
    expect(nearestIndex(steps, 2, 99)).toBe(1);
    expect(nearestIndex([], 0, 1)).toBe(-1);
  });

  it("the extent of finite values among those in use", () => {
    expect(finiteExtent([3, NaN, -1, 99], 3)).toEqual([-1, 3]);
    expect(finiteExtent([NaN], 1)).toBeNull();
  });

  it("the edges of equal buckets", () => {
    expect(Array.from(bucketEdges(10, 3))).toEqual([0, 3, 6, 10]);
    expect(Array.from(bucketEdges(4, 4))).toEqual([0, 1, 2, 3, 4]);
  });
});
