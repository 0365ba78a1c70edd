// Norms as pixels.
import { expect, it } from "vitest";
import { normImage, sortedNorms } from "./normImage.ts";

it("spreads the logarithms of the norms over the levels", () => {
  const { columns, levels, low, high } = normImage([Float32Array.of(1, 10), Float32Array.of(100, 0)], 50);
  expect([columns, low, high]).toEqual([2, 1, 100]);
  expect([...levels]).toEqual([0, 127, 255, 0]);
});

it("takes the mean where a column covers several neurons", () => {
  const { columns, low, high } = normImage([Float32Array.of(1, 3, 8, 8)], 2);
  expect([columns, low, high]).toEqual([2, 2, 8]);
});

it("draws zeros and equal norms without dividing by nothing", () => {
  expect([...normImage([new Float32Array(3)], 3).levels]).toEqual([0, 0, 0]);
  expect([...normImage([Float32Array.of(2, 2)], 2).levels]).toEqual([0, 0]);
});

it("sorts from the largest, with the index of each", () => {
  const { norms, from } = sortedNorms(Float32Array.of(2, 5, 2, 9));
  expect([...norms]).toEqual([9, 5, 2, 2]);
  expect([...from]).toEqual([3, 1, 0, 2]);
});
