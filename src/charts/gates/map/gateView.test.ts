// The part of the map in view: gestures keep what is under them, stay inside, and never take the page's scrolling.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_IN_VIEW, type GateView, largestScale, movedView, positionsIn, rangeWords, revealed } from "./gateView.ts";
import { mapLayout } from "./mapLayout.ts";
import { isForMap } from "../../lib/frame/gestures.ts";

const rowsHeight = (scale: number): number => 1000 * Math.min(7, Math.max(1, scale));
const space = { plotWidth: 800, dimensions: 4096, mapHeight: 1000, rowsHeight };

/** The share of the dimensions, and of the rows, at a pixel of the map. */
const shareAt = ({ scale, from, top }: GateView, x: number, y: number): [number, number] => [
  from + x / (scale * space.plotWidth),
  top + y / rowsHeight(scale),
];

describe("a view", () => {
  it("keeps what is under the pointer when it zooms in and out, and never leaves the map", () => {
    const point = { x: fc.integer({ min: 0, max: 800 }), y: fc.integer({ min: 0, max: 1000 }) };
    const gesture = fc.record({ ...point, factor: fc.double({ min: 1, max: 6, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(gesture, { minLength: 1, maxLength: 5 }), (gestures) => {
        let view = ALL_IN_VIEW;
        for (const { x, y, factor } of gestures) {
          const before = shareAt(view, x, y);
          const limited = view.scale * factor > largestScale(space);
          view = movedView(view, { factor, x: x * (1 - factor), y: y * (1 - factor) }, space);
          const after = shareAt(view, x, y);
          if (!limited) expect(after[0]).toBeCloseTo(before[0], 6);
          if (!limited) expect(after[1]).toBeCloseTo(before[1], 6);
        }
        expect(view.from).toBeGreaterThanOrEqual(0);
        expect(view.from + 1 / view.scale).toBeLessThanOrEqual(1 + 1e-9);
        expect(view.top + space.mapHeight / rowsHeight(view.scale)).toBeLessThanOrEqual(1 + 1e-9);
        const out = movedView(view, { factor: 1e-9, x: 0, y: 0 }, space);
        expect(out).toEqual(ALL_IN_VIEW);
      }),
      { numRuns: 100 },
    );
  });

  it("follows a drag pixel by pixel, and stops at the edges", () => {
    const view = { scale: 4, from: 0.25, top: 0.2 };
    const dragged = movedView(view, { factor: 1, x: -80, y: 40 }, space);
    expect(dragged).toEqual({ scale: 4, from: 0.275, top: 0.19 });
    expect(movedView(view, { factor: 1, x: 1e6, y: -1e6 }, space)).toEqual({ scale: 4, from: 0, top: 0.75 });
  });

  it("moves to a place that a key has chosen, and stays where that is in view", () => {
    const view = { scale: 4, from: 0.25, top: 0.2 };
    expect(revealed(view, { column: 2000, rowTop: 0.3, rowEnd: 0.31 }, space)).toBe(view);
    const moved = revealed(view, { column: 4095, rowTop: 0, rowEnd: 0.01 }, space);
    expect(moved).toEqual({ scale: 4, from: 0.75, top: 0 });
  });

  it("says which positions it shows", () => {
    expect(positionsIn(0.25, 0.25, 8)).toEqual({ first: 2, last: 3 });
    expect(positionsIn(0.3, 0.25, 8)).toEqual({ first: 2, last: 4 });
    expect([rangeWords({ first: 0, last: 7 }, 8), rangeWords({ first: 2, last: 4 }, 4096)]).toEqual([
      "",
      "2 to 4 of 4,096",
    ]);
  });
});

it("rows grow with the scale up to their limit, in a map that stays as high", () => {
  const size = { width: 1000, layers: 160, headPx: 20 };
  const all = mapLayout(size);
  const zoomed = mapLayout({ ...size, view: { scale: 20, from: 0.5, top: 0.5 } });
  expect([all.rowPx, zoomed.rowPx, zoomed.height, zoomed.mapHeight]).toEqual([2, 14, all.height, all.mapHeight]);
  expect(zoomed.scrolled).toBeCloseTo(zoomed.rowsHeight / 2, -1);
});

describe("a gesture", () => {
  const mouse = { type: "wheel", ctrlKey: false, metaKey: false, shiftKey: false, button: 0 };
  const idle = { zoomed: false, entered: false };

  it("of the wheel is for the map with Ctrl, or after a click into it, unless there is nothing to zoom out of", () => {
    expect(isForMap({ ...mouse, deltaY: -3 }, idle)).toBe(false);
    expect(isForMap({ ...mouse, deltaY: -3 }, { ...idle, zoomed: true })).toBe(false);
    expect(isForMap({ ...mouse, deltaY: 3, ctrlKey: true }, idle)).toBe(true);
    expect(isForMap({ ...mouse, deltaY: -3 }, { ...idle, entered: true })).toBe(true);
    expect(isForMap({ ...mouse, deltaY: 3 }, { ...idle, entered: true })).toBe(false);
    expect(isForMap({ ...mouse, deltaY: 3 }, { zoomed: true, entered: true })).toBe(true);
  });

  it("of one finger scrolls the page while all of the map is in view; two fingers zoom", () => {
    const touch = (count: number) => ({ ...mouse, type: "touchstart", touches: { length: count } as TouchList });
    expect([isForMap(touch(1), idle), isForMap(touch(2), idle)]).toEqual([false, true]);
    expect(isForMap(touch(1), { ...idle, zoomed: true })).toBe(true);
  });

  it("of the mouse drags, but with Shift it selects", () => {
    expect(isForMap({ ...mouse, type: "mousedown" }, idle)).toBe(true);
    expect(isForMap({ ...mouse, type: "mousedown", shiftKey: true }, idle)).toBe(false);
  });
});
