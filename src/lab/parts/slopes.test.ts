// The slope of step times that are known.
import { expect, test } from "vitest";
import type { SlopePoint } from "../labResult.ts";
import { slopeFigure } from "./slopes.ts";

/** Steps whose linear layers take a millisecond per 1e9 operations, and whose attention takes `attention(size)` milliseconds. */
const pointsOf = (attention: (size: number) => number): SlopePoint[] =>
  [256, 512, 1024, 2048, 4096].map((size) => {
    const median = size + attention(size);
    const ms = { median, min: median, max: median };
    return { size, ms, attentionShare: attention(size) / median, linearFlop: 1e9 * size };
  });

test("attention's square is set aside", () => {
  const { slope, attention } = slopeFigure(
    "T",
    pointsOf((size) => size ** 2 / 1000),
    true,
  );
  expect(slope).toBeCloseTo(1, 12);
  expect(attention).toBe("measured");
});

test("any other time that grows with the square raises the slope above the goal", () => {
  const hidden = pointsOf((size) => size ** 2 / 1000).map((point) => ({ ...point, attentionShare: 0 }));
  expect(slopeFigure("T", hidden, false)).toMatchObject({ attention: "counted" });
  expect(slopeFigure("T", hidden, false).slope).toBeGreaterThan(1.3);
});
