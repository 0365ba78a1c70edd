// Cells under a view: larger cells, the cell at a place, the part in view, the colours, and tips in words.
import { describe, expect, it } from "vitest";
import { matrixData } from "./weights.fixture.ts";
import { areaInView, cellAt, cellsPerPixel, coarser } from "../weights/matrix/cellView.ts";
import { type CellRamps, fullShade, paintCells } from "../weights/matrix/cellColours.ts";
import { fateOf } from "../weights/matrix/matrixData.ts";
import { cellTip } from "../weights/matrix/matrixGeometry.ts";

const DATA = matrixData(16, 24, 1);
const { cells } = DATA;

describe("larger cells", () => {
  const large = coarser(cells, 5);

  it("keep the largest value, the mean and all counts", () => {
    expect([large.rows, large.cols, large.step]).toEqual([4, 5, 5]);
    // the last cell of the first row has 5 x 4 weights
    const inside = Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) * 24 + 20 + (i % 4));
    const values = inside.map((i) => cells.largest[i] ?? 0);
    const magnitudes = values.map(Math.abs);
    expect(Math.abs(large.largest[4] ?? 0)).toBe(Math.max(...magnitudes));
    expect(large.mean[4]).toBeCloseTo(magnitudes.reduce((a, b) => a + b, 0) / 20, 5);
    const kept = inside.reduce((sum, i) => sum + (cells.counts[1]?.[i] ?? 0), 0);
    expect(large.counts.map((own) => own[4])).toEqual([20 - kept, kept]);
    expect(large.counts.flatMap((own) => [...own]).reduce((a, b) => a + b, 0)).toBe(16 * 24);
  });

  it("are as large as a pixel and no larger", () => {
    expect([2, 1, 0.6, 0.5, 0.1].map((pixels) => cellsPerPixel(cells, pixels))).toEqual([1, 1, 2, 2, 10]);
    expect(cellsPerPixel({ ...cells, step: 4 }, 0.1)).toBe(3);
  });

  it("are found by a weight in them, at the edge with fewer weights", () => {
    expect(cellAt(large, { row: 15, col: 23 })?.area).toEqual({ row: 15, col: 20, rows: 1, cols: 4 });
    expect(cellAt({ ...cells, area: { row: 4, col: 4, rows: 2, cols: 2 } }, { row: 3, col: 4 })).toBeNull();
  });
});

it("says which weights are in view", () => {
  const area = { top: 20, width: 100, height: 50, fit: 1 };
  expect(areaInView([16, 24], { scale: 10, x: -35, y: 20 }, area)).toEqual({ row: 0, col: 3, rows: 5, cols: 11 });
  expect(areaInView([16, 24], { scale: 1, x: 30, y: 30 }, area)).toEqual({ row: 0, col: 0, rows: 16, cols: 24 });
});

describe("colours", () => {
  const ramps: CellRamps = {
    kept: Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 + i),
    removed: Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 + (i << 16)),
    classes: [1, 2, 3, 4].map((n) => 0xff000000 + n),
  };

  it("shade magnitude, and give removed weights another hue", () => {
    const pixels = new Uint32Array(16 * 24);
    paintCells(DATA, cells, ramps, pixels);
    pixels.forEach((pixel, i) => {
      const shade = Math.min(255, Math.round((255 * Math.abs(cells.largest[i] ?? 0)) / 0.16));
      expect(pixel).toBe(0xff000000 + (cells.counts[1]?.[i] === 1 ? shade : shade * 65536));
    });
  });

  it("mix the hues of a cell by how many of its weights are removed", () => {
    const one = { ...coarser(cells, 24), counts: [Uint32Array.of(3), Uint32Array.of(1)] };
    const pixels = new Uint32Array(1);
    paintCells({ ...DATA, cells: { ...cells, magnitudes: { ...cells.magnitudes, top: 1e-9 } } }, one, ramps, pixels);
    expect((pixels[0] ?? 0) - 0xff000000).toBe(64 + 191 * 65536);
  });

  it("tell apart who keeps a weight of two prunings", () => {
    const both = matrixData(16, 24, 2);
    const pixels = new Uint32Array(16 * 24);
    paintCells(both, both.cells, ramps, pixels);
    // in the legend's order: both, only A, only B, neither
    const order = [3, 1, 2, 0];
    pixels.forEach((pixel, i) => {
      const of = both.cells.counts.findIndex((own) => own[i] === 1);
      expect(pixel).toBe(0xff000000 + order.indexOf(of) + 1);
    });
  });

  it("give means of cells a scale of their own", () => {
    const means = { ...cells, step: 4, mean: Float32Array.of(0.02, 0.05) };
    expect(fullShade({ cells: means, shade: "mean" })).toBeCloseTo(0.05);
    expect(fullShade({ cells: means, shade: "largest" })).toBe(0.16);
  });
});

describe("words", () => {
  it("name the vectors that remove a weight", () => {
    const keep = { rows: Uint8Array.of(1, 0), cols: Uint8Array.of(0, 1) };
    const named = { name: "", keep, rows: "s4", cols: "s3" };
    expect([0, 1, 2, 3].map((i) => fateOf(named, { row: i >> 1, col: i & 1 }, 2))).toEqual([
      "removed by s3 (column)",
      "kept",
      "removed by s4 (row) and s3 (column)",
      "removed by s4 (row)",
    ]);
    expect(fateOf({ name: "", keep: { bits: Uint32Array.of(2) } }, { row: 0, col: 0 }, 2)).toBe("removed by its score");
  });

  it("say value and fate of one weight, and the numbers of a cell of many", () => {
    expect(cellTip(DATA, cells, { row: 1, col: 2 })?.tip.title).toBe("row 1 (output), column 2 (input)");
    const tip = cellTip(DATA, coarser(cells, 4), { row: 5, col: 2 })?.tip;
    expect(tip?.title).toBe("rows 4 to 7 (output), columns 0 to 3 (input)");
    expect(tip?.rows.map(({ label }) => label)).toEqual(["largest weight", "mean |weight|", "kept", "removed"]);
    expect(tip?.rows[2]?.value).toMatch(/^\d+ of 16$/);
  });
});
