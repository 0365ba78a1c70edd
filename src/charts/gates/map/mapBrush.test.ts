// Selecting in the map: a drag selects what it covers, along one axis where it is short along the other, and what is not selected is shaded.
import { describe, expect, it } from "vitest";
import { columnsBy } from "./dimensionOrder.ts";
import { type GateData, GateImage } from "./gateImage.ts";
import { gateMapGeometry, gateMapHead } from "./gateMapGeometry.ts";
import { isBesideMap, selectionOf } from "./mapBrush.ts";
import { rowTop, xOfColumn } from "./mapLayout.ts";

const space = { width: 700, pixelRatio: 1, measure: (text: string) => 6 * text.length };
const data: GateData = {
  ...{ layers: 4, dModel: 20 },
  masks: Array.from({ length: 20 }, (_, i) => new Uint8Array(i % 5 === 3 ? 50 : 20).fill(1)),
};
const made = (own: GateData, sorted = false) => {
  const head = gateMapHead(own, space);
  const pass = new GateImage().update(own, 600);
  const values = Array.from({ length: 20 }, (_, j) => (j * 7) % 20);
  return gateMapGeometry(own, { pass, head, ...(sorted ? { columns: columnsBy("kept", values) } : {}) }, space);
};
const geometry = made(data);
const { layout } = geometry;
const x = (dimension: number): number => xOfColumn(layout, dimension + 0.5, 20);
const y = (row: number): number => rowTop(layout, row) + 2;

describe("a drag", () => {
  it("in the map selects its blocks and dimensions, whichever way it goes", () => {
    const expected = { blocks: [1, 2], dimensions: [3, 4, 5], words: "dimensions 3 to 5" };
    expect(selectionOf(geometry, { x: x(3), y: y(5) }, { x: x(5), y: y(11) })).toEqual(expected);
    expect(selectionOf(geometry, { x: x(5), y: y(11) }, { x: x(3), y: y(5) })).toEqual(expected);
  });

  it("along one axis selects along that one; a click selects nothing", () => {
    const [from, across, down] = [
      { x: x(3), y: y(5) },
      { x: x(9), y: y(5) + 2 },
      { x: x(3) + 1, y: y(15) },
    ];
    expect(selectionOf(geometry, from, across)).toMatchObject({ blocks: null, words: "dimensions 3 to 9" });
    expect(selectionOf(geometry, from, down)).toEqual({ blocks: [1, 3], dimensions: null, words: null });
    expect(selectionOf(geometry, from, { x: from.x + 2, y: from.y + 1 })).toBeNull();
  });

  it("along the strip selects dimensions, along the bars blocks, and beyond the map's edge ends there", () => {
    const strip = { x: x(18), y: layout.stripTop + 4 };
    expect(selectionOf(geometry, strip, { x: 1e4, y: 0 })).toMatchObject({ blocks: null, dimensions: [18, 19] });
    const bars = { x: layout.sideLeft + 5, y: y(13) };
    expect(selectionOf(geometry, bars, { x: 0, y: 1e4 })).toEqual({ blocks: [3, 3], dimensions: null, words: null });
    expect([
      isBesideMap(geometry, strip),
      isBesideMap(geometry, bars),
      isBesideMap(geometry, { x: x(3), y: y(3) }),
    ]).toEqual([true, true, false]);
    expect(selectionOf(geometry, { x: x(3), y: 1 }, { x: x(9), y: 40 })).toBeNull();
  });

  it("across sorted columns selects their dimensions, and across neurons of s4 none", () => {
    const sorted = selectionOf(made(data, true), { x: x(0), y: y(0) }, { x: x(2), y: y(0) });
    // the largest of (7 j) mod 20 are 19, 18 and 17
    expect(sorted).toMatchObject({ dimensions: [11, 14, 17], words: "3 dimensions" });
    const middle = made({ ...data, side: "middle", dModel: 50 });
    const from = { x: x(0), y: rowTop(middle.layout, 0) + 2 };
    const to = { x: x(9), y: rowTop(middle.layout, 1) + 6 };
    expect(selectionOf(middle, from, to)).toEqual({ blocks: [0, 1], dimensions: null, words: null });
  });
});

it("shades what is not selected, and says in words what is", () => {
  const selected = { blocks: [1, 1], dimensions: [3, 4, 19], words: "block 1, 3 dimensions" } as const;
  const { selection, strip } = made({ ...data, selected });
  // above and below the block; before 3, and between 4 and 19, in the map and in the strip
  expect(selection.match(/z/g)).toHaveLength(6);
  expect(strip.words.map(({ text }) => text).join()).toContain("selected: block 1, 3 dimensions");
  expect(made({ ...data, selected: { blocks: null, dimensions: null, words: null } }).selection).toBe("");
});
