// The best line and the choice of axis, against what the definitions say.
import { expect, test } from "vitest";
import { bestLine, logTicks, wantsLog } from "./bestLine.ts";

test("a larger run is on the line only where it is better than every smaller one", () => {
  const of = (x: number, y: number) => ({ x, y });
  const points = [of(0.7, 24), of(0.5, 30), of(0.5, 28), of(0.6, 29), of(0.9, 21), of(0.8, 24), of(0.3, NaN)];
  expect(bestLine(points)).toEqual([of(0.5, 28), of(0.7, 24), of(0.9, 21)]);
  expect(bestLine([])).toEqual([]);
});

test("a perplexity axis is logarithmic beyond four times its smallest value", () => {
  expect(wantsLog([20, 80])).toBe(false);
  expect(wantsLog([20, 81])).toBe(true);
  expect(wantsLog([])).toBe(false);
});

test("puts ticks on a logarithmic axis where its perplexities are", () => {
  expect(logTicks(18, 65)).toEqual([20, 30, 40, 50, 60]);
  expect(logTicks(18, 510)).toEqual([20, 50, 100, 200, 500]);
});
