// Slopes of power laws that are known.
import { expect, test } from "vitest";
import { logLogSlope } from "./fit.ts";

test("a power law gives its exponent, whatever its factor", () => {
  const points = [1, 2, 5, 30].map((x) => ({ x, y: 7 * x ** 1.3 }));
  expect(logLogSlope(points)).toBeCloseTo(1.3, 12);
});

test("least squares: two equal deviations on either side leave the slope", () => {
  const points = [1, 10, 100].map((x, i) => ({ x, y: x * (i === 1 ? 4 : 2) }));
  expect(logLogSlope(points)).toBeCloseTo(1, 12);
});

test("a constant part lowers the slope, and work that grows faster raises it", () => {
  const sizes = [256, 512, 1024, 2048, 4096];
  expect(logLogSlope(sizes.map((x) => ({ x, y: 1000 + x })))).toBeLessThan(0.8);
  expect(logLogSlope(sizes.map((x) => ({ x, y: x + x ** 2 / 1000 })))).toBeGreaterThan(1.3);
});

test("one size, or a time of zero, has no slope", () => {
  expect(logLogSlope([{ x: 4, y: 1 }])).toBeNaN();
  expect(
    logLogSlope([
      { x: 1, y: 0 },
      { x: 2, y: 1 },
    ]),
  ).toBeNaN();
});
