// Ratios of a run: drawn within its bounds, clamped to them, and rounded to whole percents for a curve.
import { expect, it } from "vitest";
import { ratioOfStep, ratiosOf, trainedRatio } from "./ratio.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";

const every = { ...DEFAULT_RECIPE, ratioMode: "every", ratioFrom: 0.4, ratioTo: 0.9 } as const;

it("draws ratios within the bounds, the same for the same step", () => {
  const drawn = Array.from({ length: 200 }, (_, step) => ratioOfStep(every, step, 0.1));
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0.4);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(0.9);
  expect(new Set(drawn).size).toBe(200);
  expect(ratioOfStep(every, 7, 0.5)).toBe(drawn[7]);
  expect(ratioOfStep(DEFAULT_RECIPE, 7, 0.1)).toBe(0.1);
});

it("draws small ratios more often than large ones", () => {
  const middle = (every.ratioFrom + every.ratioTo) / 2;
  const small = Array.from({ length: 1000 }, (_, step) => ratioOfStep(every, step, 0.1)).filter((one) => one < middle);
  expect(small.length / 1000).toBeCloseTo(0.5 ** (1 / 1.5), 1);
});

it("uses the nearest ratio that it was trained for", () => {
  expect([0.1, 0.5, 1].map((ratio) => trainedRatio(every, ratio))).toEqual([0.4, 0.5, 0.9]);
  expect([0.1, 0.5, 1].map((ratio) => trainedRatio(DEFAULT_RECIPE, ratio))).toEqual([0.1, 0.5, 1]);
});

it("spreads a curve over the bounds in whole percents, each once", () => {
  expect(ratiosOf(every, 6)).toEqual([0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  expect(ratiosOf({ ratioFrom: 0.5, ratioTo: 0.52 }, 10)).toEqual([0.5, 0.51, 0.52]);
  expect(ratiosOf({ ratioFrom: 0.5, ratioTo: 0.5 }, 10)).toEqual([0.5]);
  // a run for one ratio does not use its bounds, so they may be the wrong way round
  expect(ratiosOf({ ratioFrom: 0.9, ratioTo: 0.4 }, 3)).toEqual([0.4, 0.65, 0.9]);
});

it.each([
  [0.254, 0.946],
  [0.256, 0.944],
  [0.5, 0.504],
  [0.506, 0.508],
])("a curve from %f to %f does not leave its bounds", (ratioFrom, ratioTo) => {
  const ratios = ratiosOf({ ratioFrom, ratioTo }, 10);
  expect(ratios[0]).toBeGreaterThanOrEqual(ratioFrom);
  expect(ratios.at(-1)).toBeLessThanOrEqual(ratioTo);
  expect(ratios).toEqual([...new Set(ratios)].sort((a, b) => a - b));
  expect(ratios[0]).toBeCloseTo(ratioFrom, 2);
  expect(ratios.at(-1)).toBeCloseTo(ratioTo, 2);
});
