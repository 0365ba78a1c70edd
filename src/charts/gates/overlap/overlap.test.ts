// Jaccard and compared masks by hand.
import { expect, test } from "vitest";
import { COMPARED, comparedMasks, jaccard } from "./overlap.ts";

const mask = (...bits: number[]): Uint8Array => Uint8Array.from(bits);

test("overlap is the share of what either keeps that both keep", () => {
  expect(jaccard(mask(1, 1, 0, 0), mask(1, 0, 1, 0))).toBeCloseTo(1 / 3);
  expect(jaccard(mask(0, 0), mask(0, 0))).toBe(1);
  expect(jaccard(mask(1, 0), mask(0, 1))).toBe(0);
  expect(() => jaccard(mask(1), mask(1, 0))).toThrow("expected two masks of the same length, got 1 and 2");
});

test("a gate is kept by both, by one or by neither", () => {
  const { neither, onlyA, onlyB, both } = COMPARED;
  expect(comparedMasks([mask(0, 1, 0, 9)], [mask(0, 0, 1, 1)])).toEqual([mask(neither, onlyA, onlyB, both)]);
});
