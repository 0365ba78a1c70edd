// Axes, legends and paths as numbers and texts.
import { describe, expect, it } from "vitest";
import { axisGeometry, HALVES, halfText } from "./axes.ts";
import { legendGeometry } from "./legend.ts";
import { dotPath, linePath } from "./paths.ts";
import { clampIndex, pixelOf, valueAt } from "../numbers/span.ts";

describe("a span", () => {
  const span = { low: 10, high: 20, start: 200, end: 100 };

  it("maps values to pixels and back, beyond its ends too", () => {
    expect([10, 15, 22].map((value) => pixelOf(span, value))).toEqual([200, 150, 80]);
    expect([200, 150, 80].map((pixel) => valueAt(span, pixel))).toEqual([10, 15, 22]);
  });

  it("has indices that stop at its ends", () => {
    expect([-Infinity, 2, Infinity].map((step) => clampIndex(step, 5))).toEqual([0, 2, 4]);
  });
});

it("an axis has its ticks at the pixels of their values", () => {
  const options = { side: "left", at: 40, ticks: HALVES, format: halfText, grid: 300 } as const;
  const { ticks, from, to } = axisGeometry({ low: 0, high: 1, start: 110, end: 10 }, options);
  expect([from, to]).toEqual([110, 10]);
  expect(ticks).toEqual([
    { at: 110, text: "0" },
    { at: 60, text: "50" },
    { at: 10, text: "100 %" },
  ]);
});

it("a legend wraps at the width it has, and never before its first item", () => {
  const items = [{ label: "kept", colour: "--chart-kept" }, { label: "words" }, { label: "more words" }];
  const measure = (text: string): number => 10 * text.length;
  const at = (width: number) => legendGeometry(items, { width, measure }).items.map(({ x, y }) => [x, y]);
  expect(at(500)).toEqual([
    [0, 0],
    [70, 0],
    [134, 0],
  ]);
  expect(at(120)).toEqual([
    [0, 0],
    [70, 0],
    [0, 16],
  ]);
  expect(legendGeometry(items, { width: 5, measure }).height).toBe(48);
});

it("paths break a line where a value is missing", () => {
  const values = [1, NaN, 3, 4];
  expect(linePath([0, 1, 2, 3], (i) => [i, values[i] ?? 0])).toBe("M0,1M2,3L3,4");
  expect(dotPath([0, 1, 2], (i) => [i / 3, values[i] ?? 0])).toBe("M0,1h0M0.7,3h0");
});
