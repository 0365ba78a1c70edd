// Cells of a matrix against plain loops over its weights, for each kind of mask, and histograms that lose no weight.
import { describe, expect, it } from "vitest";
import { type MatrixKeep, matrixCells } from "./matrixCells.ts";
import { heldMagnitudes } from "./magnitudes.ts";

const SHAPE: readonly [number, number] = [37, 53];
const VALUES = Float32Array.from({ length: 37 * 53 }, (_, i) => Math.sin(7 * i) * (1 + (i % 11)));
const ROWS = Uint8Array.from({ length: 37 }, (_, i) => (i % 3 === 0 ? 0 : 1));
const COLS = Uint8Array.from({ length: 53 }, (_, i) => i % 2);
const BITS = new Uint32Array(Math.ceil(VALUES.length / 32));
VALUES.forEach((_, i) => {
  if (i % 5 < 2) BITS[i >>> 5] = ((BITS[i >>> 5] ?? 0) | (1 << (i & 31))) >>> 0;
});

const read = (row: number, rows: number): Promise<Float32Array> =>
  Promise.resolve(VALUES.slice(row * SHAPE[1], (row + rows) * SHAPE[1]));
const ALL = { row: 0, col: 0, rows: SHAPE[0], cols: SHAPE[1] };
const cellsOf = (keeps: readonly MatrixKeep[], area = ALL) =>
  matrixCells({ shape: SHAPE, area, keeps, read, cancelled: () => false });

describe("a small matrix", () => {
  it("has a cell per weight, with its value and its class under two prunings", async () => {
    const { step, largest, mean, counts } = await cellsOf([{ rows: ROWS, cols: COLS }, { bits: BITS }]);
    expect(step).toBe(1);
    expect(largest).toEqual(VALUES);
    expect(mean).toEqual(VALUES.map(Math.abs));
    VALUES.forEach((_, i) => {
      const [row, col] = [Math.floor(i / 53), i % 53];
      const of = (ROWS[row] === 1 && COLS[col] === 1 ? 1 : 0) + (i % 5 < 2 ? 2 : 0);
      expect(counts.map((own) => own[i])).toEqual([0, 1, 2, 3].map((k) => (k === of ? 1 : 0)));
    });
  });

  it("is read in part, and dense weights are all of class 1", async () => {
    const area = { row: 5, col: 11, rows: 3, cols: 4 };
    const { largest, counts } = await cellsOf([], area);
    expect([...largest].slice(4, 8)).toEqual([...VALUES.slice(6 * 53 + 11, 6 * 53 + 15)]);
    expect(counts.map((own) => own.reduce((a, b) => a + b, 0))).toEqual([0, 12]);
  });

  it("is refused outside its bounds, with a mask of another shape, and once it is cancelled", async () => {
    await expect(cellsOf([], { ...ALL, rows: 38 })).rejects.toMatchObject({ code: "shape" });
    await expect(cellsOf([{ rows: COLS, cols: null }])).rejects.toMatchObject({ code: "shape" });
    const cancelled = matrixCells({ shape: SHAPE, area: ALL, keeps: [], read, cancelled: () => true });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
  });
});

it("puts a large matrix into cells with the true maximum, mean and counts, in pieces of bounded size", async () => {
  const [rows, cols] = [1100, 2300];
  const value = (row: number, col: number): number => ((row * 31 + col * 17) % 101) - 50;
  let [most, pieces] = [0, 0];
  const cells = await matrixCells({
    ...{ shape: [rows, cols], area: { row: 0, col: 0, rows, cols }, cancelled: () => false },
    keeps: [{ rows: Uint8Array.from({ length: rows }, (_, i) => (i < 600 ? 1 : 0)), cols: null }],
    read(first, count) {
      [most, pieces] = [Math.max(most, count * cols), pieces + 1];
      const piece = Float32Array.from({ length: count * cols }, (_, i) =>
        value(first + Math.floor(i / cols), i % cols),
      );
      return Promise.resolve(piece);
    },
  });
  expect(most).toBeLessThanOrEqual(2 ** 20);
  expect(pieces).toBeGreaterThan(1);
  expect(cells.rows * cells.cols).toBeLessThanOrEqual(2 ** 18);
  expect(cells.step).toBe(4);
  const last = cells.rows * cells.cols - 1;
  for (const i of [0, 777, last]) {
    const [top, left] = [Math.floor(i / cells.cols) * 4, (i % cells.cols) * 4];
    const own: number[] = [];
    let kept = 0;
    for (let row = top; row < Math.min(rows, top + 4); row += 1)
      for (let col = left; col < Math.min(cols, left + 4); col += 1) {
        own.push(value(row, col));
        kept += row < 600 ? 1 : 0;
      }
    const magnitudes = own.map(Math.abs);
    expect(Math.abs(cells.largest[i] ?? NaN)).toBe(Math.max(...magnitudes));
    expect(own).toContain(cells.largest[i]);
    expect(cells.mean[i]).toBeCloseTo(magnitudes.reduce((a, b) => a + b, 0) / own.length, 4);
    expect(cells.counts.map((counts) => counts[i])).toEqual([own.length - kept, kept]);
  }
});

describe("magnitudes", () => {
  it("fall into the bins where they belong, class by class, and none is lost", () => {
    const held = heldMagnitudes(2);
    const values = Float32Array.from({ length: 40_000 }, (_, i) => (i % 2 === 0 ? -1 : 1) * (i / 40_000));
    held.add(
      values,
      Uint8Array.from(values, (value) => (Math.abs(value) < 0.25 ? 0 : 1)),
    );
    const { top, largest, bins } = held.binned();
    expect(top).toBeGreaterThan(0.99);
    expect(largest).toBeCloseTo(1, 3);
    const [removed = new Uint32Array(), kept = new Uint32Array()] = bins;
    expect(removed.reduce((a, b) => a + b, 0)).toBe(10_000);
    expect(kept.reduce((a, b) => a + b, 0)).toBe(30_000);
    const quarter = Math.round((0.25 / top) * removed.length);
    expect(removed.slice(quarter + 1).every((n) => n === 0)).toBe(true);
    expect(kept.slice(0, quarter - 1).every((n) => n === 0)).toBe(true);
    // even values: bins differ by little
    expect(Math.min(...removed.slice(0, quarter - 1))).toBeGreaterThan(0.9 * Math.max(...removed));
  });

  it("put outliers into the last bin, and zeros into the first", () => {
    const held = heldMagnitudes(1);
    const values = new Float32Array(5000).fill(1);
    values.fill(0, 0, 2000);
    values[4999] = 1000;
    held.add(values, new Uint8Array(5000));
    const { top, largest, bins } = held.binned();
    expect([top, largest]).toEqual([Math.fround(1 + 2 ** -7), 1000]);
    expect([bins[0]?.[0], bins[0]?.at(-1)]).toEqual([2000, 3000]);
  });

  it("of zeros alone are in the first bin", () => {
    const held = heldMagnitudes(1);
    held.add(new Float32Array(7), new Uint8Array(7));
    expect(held.binned()).toMatchObject({ largest: 0, top: 0 });
    expect(held.binned().bins[0]?.[0]).toBe(7);
  });
});
