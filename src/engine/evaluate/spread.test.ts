// Summaries of repeated measurements, and when two lists differ.
import { expect, test } from "vitest";
import { clearlyApart, spreadOf } from "./spread.ts";

test("median, smallest and largest", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([]).median).toBeNaN();
});

test("one outlier does not hide a difference, and an overlap is not a difference", () => {
  expect(clearlyApart([10, 11, 12, 11, 90], [20, 21, 22, 21, 5])).toBe(true);
  expect(clearlyApart([20, 21, 22, 21, 5], [10, 11, 12, 11, 90])).toBe(true);
  expect(clearlyApart([10, 14, 18, 22, 26], [12, 15, 19, 23, 24])).toBe(false);
  expect(clearlyApart([], [1])).toBe(false);
});
