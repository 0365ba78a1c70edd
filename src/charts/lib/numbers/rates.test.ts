// Kept rates, box statistics and profiles, on numbers that can be checked by hand.
import { percent, whole } from "../../../shared/format.ts";
import { describe, expect, it } from "vitest";
import { boxOf, columnSums, dimensionProfile, rate } from "./rates.ts";

describe("boxOf", () => {
  it("interpolates between order statistics", () => {
    expect(boxOf([4, 1, 3, 2])).toEqual({ min: 1, q1: 1.75, median: 2.5, q3: 3.25, max: 4 });
    expect(boxOf([7])).toEqual({ min: 7, q1: 7, median: 7, q3: 7, max: 7 });
    expect(boxOf([])).toEqual({ min: 0, q1: 0, median: 0, q3: 0, max: 0 });
  });

  it("sorts by value, not by text, and leaves its input alone", () => {
    const counts = Uint16Array.of(10, 9, 100);
    expect(boxOf(counts, 100)).toEqual({ min: 0.09, q1: 0.095, median: 0.1, q3: 0.55, max: 1 });
    expect(Array.from(counts)).toEqual([10, 9, 100]);
  });
});

describe("dimensionProfile", () => {
  it("keeps one column per dimension where there is room", () => {
    const { mean, low, high } = dimensionProfile([0, 2, 4], 4, 10);
    expect(Array.from(mean)).toEqual([0, 0.5, 1]);
    expect([low, high]).toEqual([mean, mean]);
  });

  it("gives mean, lowest and highest of neighbours otherwise", () => {
    const { mean, low, high } = dimensionProfile([0, 4, 2, 2, 4], 4, 2.9);
    expect(Array.from(mean)).toEqual([0.5, Math.fround(8 / 12)]);
    expect(Array.from(low)).toEqual([0, 0.5]);
    expect(Array.from(high)).toEqual([1, 1]);
  });
});

describe("rates and their words", () => {
  it("are 0 where there is nothing to keep", () => {
    expect(rate(0, 0)).toBe(0);
    expect(rate(3, 4)).toBe(0.75);
  });

  it("sum columns of ragged rows", () => {
    expect(columnSums([[1, 2], [3], []], 2)).toEqual([4, 2]);
  });

  it("print one decimal and grouped digits", () => {
    expect(percent(0.51234)).toBe("51.2 %");
    expect(whole(10000)).toBe("10,000");
  });
});
