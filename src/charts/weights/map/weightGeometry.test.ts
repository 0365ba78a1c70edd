// The weight map: its area, the words on a view, the lines between weights, and the places in it.
import { describe, expect, it } from "vitest";
import { areaBox, competitors, mapArea, WEIGHT_PLACES, weightGeometry, type WeightMapData } from "./weightGeometry.ts";
import { gridLines } from "./weightGrid.ts";

const space = { width: 600, pixelRatio: 1, measure: (text: string) => 6 * text.length };
const data: WeightMapData = {
  ...{ name: "w", shape: [8, 16], bits: new Uint32Array(4), kept: 64 },
  ...{ direction: "outputs", group: 4 },
};
const area = mapArea(data.shape, space.width);
const view = { scale: area.fit, x: 0, y: area.top };
const geometry = weightGeometry(data, view, area, space);
const labels = (scale: number): string[] =>
  weightGeometry(data, { ...view, scale }, area, space).legend.items.map(({ label }) => label);

describe("the geometry", () => {
  it("fits the matrix and names what is kept", () => {
    expect([area.fit, area.height]).toEqual([37.5, 300]);
    expect(mapArea([1000, 10], 600).height).toBe(460);
    expect(geometry.name).toContain("8 rows by 16 columns: 50.0 % of 128 weights kept, in groups of 4 down the column");
  });

  it("mentions the mean only where a pixel covers more than one weight and a half", () => {
    expect(labels(0.5)).toContain("1 px ≈ 2.0 weights (mean)");
    expect(labels(0.8)).toEqual(["kept", "removed", "groups of 4 down the column (outputs of one input)"]);
    expect(labels(4)).toContain("4.0 px per weight");
  });

  it("finds weights where they are drawn, with the group they compete in", () => {
    const group = competitors(data, { row: 5, col: 3 });
    const { x, y, width, height } = areaBox(geometry, group);
    expect(WEIGHT_PLACES.locate(geometry, x + 1, y + 1)).toEqual({ row: 4, col: 3 });
    expect([width, height]).toEqual([37.5, 150]);
    expect(WEIGHT_PLACES.locate(geometry, 5, area.top - 1)).toBeNull();
  });

  it("starts by keyboard in the middle of the view", () => {
    expect(WEIGHT_PLACES.move(geometry, null, 0, 0)).toEqual({ row: 4, col: 8 });
    expect(WEIGHT_PLACES.move(geometry, { row: 4, col: 8 }, Infinity, -1)).toEqual({ row: 3, col: 15 });
  });
});

describe("lines between cells", () => {
  const size = { width: 40, height: 25 };
  const at = (cell: { rows: number; cols: number }, x = 0, y = 0) => {
    const lines = gridLines({ shape: [2, 8], view: { scale: 10, x, y }, cell, size });
    return {
      across: lines.filter(({ x1, x2 }) => x1 === x2).map(({ x1 }) => x1),
      down: lines.filter(({ x1, x2 }) => x1 !== x2).map(({ y1 }) => y1),
    };
  };

  it("are at the edges of the weights that are on the screen", () => {
    expect(at({ rows: 1, cols: 1 })).toEqual({ across: [0, 10, 20, 30, 40], down: [0, 10, 20] });
    expect(at({ rows: 1, cols: 1 }, -35)).toEqual({ across: [-5, 5, 15, 25, 35], down: [0, 10, 20] });
  });

  it("are around groups, and only as long as the matrix", () => {
    expect(at({ rows: 1, cols: 4 }, -35).across).toEqual([-35, 5]);
    const [first] = gridLines({ shape: [2, 8], view: { scale: 10, x: 0, y: 2 }, cell: { rows: 1, cols: 1 }, size });
    expect(first).toEqual({ x1: 0, y1: 2, x2: 0, y2: 22 });
  });
});
