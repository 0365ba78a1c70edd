// The table of overlaps: cells, their numbers, and the places in it.
import { expect, it } from "vitest";
import { cellCorner, OVERLAP_PLACES, overlapGeometry } from "./overlapGeometry.ts";

const data = {
  rows: ["s1", "s2"],
  values: [
    [1, 0.5, 0.25],
    [0.75, 0, 1],
  ],
};
const geometry = overlapGeometry(data, { width: 400 });

it("shades each cell by its overlap, and writes the number where it fits", () => {
  expect(geometry.cells.map(({ shade }) => shade)).toEqual([100, 50, 25, 75, 0, 100]);
  const numbers = geometry.words.map(({ text }) => text).filter((text) => /^\d\.\d\d$/.test(text));
  expect(numbers).toEqual(["1.00", "0.50", "0.25", "0.75", "0.00", "1.00"]);
  const narrow = overlapGeometry(data, { width: 100 });
  expect(narrow.scale.map(({ shade }) => shade)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(geometry.scale).toEqual([]);
  expect(narrow.words.map(({ text }) => text)).not.toContain("0.50");
  expect(geometry.name).toContain("of s1, s2 in 3 blocks: mean 0.58, from 0.00 to 1.00");
});

it("numbers the blocks below their columns, as many as fit", () => {
  const wide = { rows: ["s1"], values: [Array.from({ length: 32 }, (_, i) => i / 31)] };
  const blocksIn = (width: number): string[] => {
    const { words } = overlapGeometry(wide, { width });
    return words.filter(({ text, anchor }) => anchor === "middle" && /^\d+$/.test(text)).map(({ text }) => text);
  };
  expect(blocksIn(640)).toEqual(Array.from({ length: 16 }, (_, i) => String(2 * i)));
  expect(blocksIn(340)).toEqual(["0", "3", "6", "9", "12", "15", "18", "21", "24", "27", "30"]);
});

it("finds each cell where it is drawn, and nothing beside the table", () => {
  for (const row of [0, 1])
    for (const block of [0, 1, 2]) {
      const { x, y } = cellCorner(geometry, { row, block });
      expect(OVERLAP_PLACES.locate(geometry, x + 1, y + 1)).toEqual({ row, block });
    }
  expect(OVERLAP_PLACES.locate(geometry, 10, 20)).toBeNull();
  expect(OVERLAP_PLACES.move(geometry, { row: 0, block: 1 }, 9, 1)).toEqual({ row: 1, block: 2 });
});
