// The words of a weight's tip.
import { expect, it } from "vitest";
import { weightTip } from "./weightTip.ts";

const mask = { shape: [2, 4] as const, bits: Uint32Array.of(0b10100101) };
const group = { row: 0, col: 0, rows: 1, cols: 4 };
const values = Float32Array.of(0.5, -0.1, 0.25, 0.2, 0, 0, 0, 0);
const known = { row: 0, col: 0, rows: 2, cols: 4, values, scores: values.map((v) => Math.abs(2 * v)) };

it("lists the group with value, score and fate, and marks the weight", () => {
  const { title, rows } = weightTip(mask, { row: 0, col: 2 }, group, known);
  expect(title).toBe("row 0 (output), column 2 (input)");
  expect(rows.map(({ label, value }) => `${label}: ${value}`)).toEqual([
    "column 0: 0.500, score 1.00, kept",
    "column 1: -0.100, score 0.200, removed",
    "▸ column 2: 0.250, score 0.500, kept",
    "column 3: 0.200, score 0.400, removed",
  ]);
});

it("says where scores are not known, and while values are on their way", () => {
  const without = weightTip(mask, { row: 0, col: 2 }, group, { ...known, scores: null });
  expect(without.rows.at(-1)).toMatchObject({ label: "scores", value: "not known" });
  const waiting = weightTip(mask, { row: 0, col: 2 }, group, "reading…");
  expect(waiting.rows.map(({ value }) => value)).toEqual(["kept", "removed", "kept", "removed", "reading…"]);
});
