// What a pixel of the weight map covers, and how many of its weights are kept.
import { describe, expect, it } from "vitest";
import {
  FULL,
  groupAt,
  isKeptAt,
  keptBetween,
  keptLevels,
  OUTSIDE,
  spansOf,
  tileSide,
  weightUnder,
} from "./weightView.ts";
import type { MatrixMask } from "./weightView.ts";

function maskOf(rows: number, cols: number, kept: (row: number, col: number) => boolean): MatrixMask {
  const bits = new Uint32Array(Math.ceil((rows * cols) / 32));
  for (let i = 0; i < rows * cols; i += 1)
    if (kept(Math.floor(i / cols), i % cols)) bits[i >>> 5] = ((bits[i >>> 5] ?? 0) | (1 << (i & 31))) >>> 0;
  return { shape: [rows, cols], bits };
}

describe("keptBetween", () => {
  it("counts what a loop over the weights counts, within a word and across several", () => {
    const mask = maskOf(3, 70, (row, col) => (7 * row + col * col) % 3 === 0);
    for (const [from, to] of [
      [0, 210],
      [5, 5],
      [3, 9],
      [31, 33],
      [32, 64],
      [40, 199],
    ] as const) {
      let kept = 0;
      for (let i = from; i < to; i += 1) kept += Number(isKeptAt(mask, Math.floor(i / 70), i % 70));
      expect(keptBetween(mask.bits, from, to)).toBe(kept);
    }
  });
});

describe("keptLevels", () => {
  const columns = maskOf(4, 8, (_, col) => col % 2 === 0);

  it("averages where a pixel covers several weights", () => {
    const levels = new Uint8Array(8);
    keptLevels(columns, { scale: 0.5, x: 0, y: 0 }, { width: 4, height: 2 }, levels);
    expect([...levels]).toEqual(Array.from({ length: 8 }, () => FULL / 2));
  });

  it("shows single weights where there is room, and what is outside", () => {
    const levels = new Uint8Array(6);
    keptLevels(columns, { scale: 2, x: 2, y: 0 }, { width: 6, height: 1 }, levels);
    expect([...levels]).toEqual([OUTSIDE, OUTSIDE, FULL, FULL, 0, 0]);
  });

  it("covers every weight exactly once at any scale below one", () => {
    const spans = spansOf(30, 0, 30 / 77, 77);
    expect(spans[0]).toBe(0);
    for (let p = 1; p < 30; p += 1) expect(spans[2 * p]).toBe(spans[2 * p - 1]);
    expect(spans[59]).toBe(77);
  });
});

describe("places", () => {
  it("finds the weight under a point", () => {
    expect(weightUnder([4, 8], { scale: 10, x: -20, y: 5 }, 1, 16)).toEqual({ row: 1, col: 2 });
    expect(weightUnder([4, 8], { scale: 10, x: -20, y: 5 }, 1, 4)).toBeNull();
  });

  it("finds the group along the direction of comparison", () => {
    expect(groupAt({ row: 5, col: 6 }, "inputs", 4)).toEqual({ row: 5, col: 4, rows: 1, cols: 4 });
    expect(groupAt({ row: 5, col: 6 }, "outputs", 4)).toEqual({ row: 4, col: 6, rows: 4, cols: 1 });
  });

  it("asks for scores in tiles of whole groups", () => {
    expect([tileSide(1), tileSide(4), tileSide(6), tileSide(32)]).toEqual([32, 32, 30, 32]);
  });
});
