// Windows, sampling and the comparison of logits: the parts of evaluation that do not need a GPU.
import { expect, test } from "vitest";
import { compareLogits } from "./export/compareLogits.ts";
import { windowsOf } from "./windows.ts";
import { argmax, sample } from "./sampler.ts";

test("windows do not overlap, and one that scores nothing is dropped", () => {
  expect(windowsOf(1025, 512)).toEqual([
    { start: 0, length: 512 },
    { start: 512, length: 512 },
  ]);
  expect(windowsOf(1026, 512).at(-1)).toEqual({ start: 1024, length: 2 });
  expect(windowsOf(1, 512)).toEqual([]);
});

test("temperature 0 is greedy, and ties give the first", () => {
  expect(argmax([1, 3, 3])).toBe(1);
  expect(sample(Float32Array.of(0, 2, 1), 0, 1, 5)).toBe(1);
});

test("sampling repeats with seed and position, and follows the distribution", () => {
  const logits = Float32Array.of(0, Math.log(3));
  const draws = Array.from({ length: 4000 }, (_, position) => sample(logits, 1, 7, position));
  expect(draws).toEqual(Array.from({ length: 4000 }, (_, position) => sample(logits, 1, 7, position)));
  const share = draws.filter((token) => token === 1).length / draws.length;
  expect(share).toBeGreaterThan(0.72);
  expect(share).toBeLessThan(0.78);
});

test("logits are compared by difference and by argmax of each row", () => {
  const expected = Float32Array.of(1, 2, 5, 4);
  const found = Float32Array.of(1, 2.5, 4, 4.5);
  expect(compareLogits(expected, found, 2)).toEqual({ largestDifference: 1, largest: 5, equalArgmax: 0.5 });
  expect(compareLogits(expected, Float32Array.of(1, 2, 5), 2).largestDifference).toBeNaN();
  expect(compareLogits(expected, Float32Array.of(1, NaN, 5, 4), 2).largestDifference).toBeNaN();
});
