// Tables of figures: every row has one cell per column, and the numbers are those that the charts draw.
import { expect, it } from "vitest";
import { barsTable, mapTable, ratioCurveTable, runTable, tradeoffTable, weightMapTable } from "./figureTables.ts";

const square = ({ head, rows }: { head: readonly string[]; rows: readonly (readonly unknown[])[] }): void => {
  for (const row of rows) expect(row).toHaveLength(head.length);
};

it("writes the map without s4, which has other dimensions", () => {
  const masks = [
    [1, 0],
    [1, 1],
    [0, 0],
    [1, 0, 1],
    [0, 1],
  ].map((mask) => Uint8Array.from(mask));
  const table = mapTable({ layers: 1, dModel: 2, masks });
  square(table);
  expect(table.rows).toEqual([
    [0, "s1", 1, 1, 0],
    [0, "s2", 2, 1, 1],
    [0, "s3", 0, 0, 0],
    [0, "s5", 1, 0, 1],
  ]);
});

it("writes a run with the perplexity beside the step after which it was measured", () => {
  const table = runTable({
    ...{ step: [0, 1], loss: [3, NaN], penalty: [1, 0.5], kept: [1, 0.9], target: [0.5, 0.5] },
    readings: [{ step: 2, perplexity: 30 }],
  });
  square(table);
  expect(table.rows).toEqual([
    [0, 3, 1, 1, 0.5, ""],
    [1, "", 0.5, 0.9, 0.5, 30],
  ]);
});

it("writes bars, curves and points", () => {
  expect(barsTable(["gate", "up"])({ kept: [[1, 2]], size: [[4, 5]] }).rows).toEqual([
    [0, "gate", 1, 4],
    [0, "up", 2, 5],
  ]);
  const point = { x: 0.5, y: 27, ratio: 0.5 };
  const curve = ratioCurveTable({ name: "", points: [point], runs: [], dense: { x: 1, y: 20 }, ratio: 0.5 });
  square(curve);
  expect(curve.rows).toEqual([
    ["this run", 0.5, 27],
    ["dense", 1, 20],
  ]);
  const axis = { name: "size", format: String };
  const run = { ...{ id: "1", x: 0.5, y: 27, label: "a", method: "DaSS", dedicated: true }, recipe: [] };
  square(tradeoffTable({ points: [run], axis, dense: { x: 1, y: 20 }, picked: [] }));
});

it("counts the kept weights of each row of a matrix", () => {
  const mask = { shape: [3, 20] as const, bits: Uint32Array.from([0b11, 0b1111]) };
  const table = weightMapTable({ ...mask, name: "w", kept: 6, direction: "inputs", group: null });
  // bits 0, 1 are in row 0; bits 32 to 35 in row 1
  expect(table.rows).toEqual([
    [0, 2, 20],
    [1, 4, 20],
    [2, 0, 20],
  ]);
});
