// The gate map: the cursor finds each row and dimension where it is drawn, and the canvas has a band for each block.
import { describe, expect, it } from "vitest";
import { COMPARED } from "../overlap/overlap.ts";
import { comparedPixels } from "./comparedPixels.ts";
import { GateImage } from "./gateImage.ts";
import type { GateData } from "./gateImage.ts";
import { GATE_PLACES, gateMapGeometry, gateMapHead, gateMark } from "./gateMapGeometry.ts";
import { canvasBands, columnAtX, mapLayout, rowAtY, rowTop } from "./mapLayout.ts";

const space = { width: 400, pixelRatio: 2, measure: (text: string) => 6 * text.length };

describe.each([
  [960, 3],
  [960, 8],
  [360, 32],
  [1280, 80],
])("gate map of width %i with %i blocks", (width, layers) => {
  const layout = mapLayout({ width, layers, headPx: 22 });

  it("finds each row where it is drawn", () => {
    const rows = Array.from({ length: 4 * layers }, (_, row) => row);
    expect(rows.map((row) => rowAtY(layout, rowTop(layout, row) + layout.rowPx / 2))).toEqual(rows);
    expect([rowAtY(layout, layout.top - 1), rowAtY(layout, layout.top + layout.mapHeight + 9)]).toEqual([-1, -1]);
  });

  it("finds the first and last dimension and fits its width", () => {
    expect(columnAtX(layout, layout.left, 4096)).toBe(0);
    expect(columnAtX(layout, layout.left + layout.plotWidth - 0.01, 4096)).toBe(4095);
    expect(columnAtX(layout, layout.left + layout.plotWidth, 4096)).toBe(-1);
    expect(layout.sideLeft + layout.sideWidth).toBeLessThanOrEqual(width);
  });

  it("has a band of the canvas for each block, with gaps between", () => {
    const bands = canvasBands(layout, 2);
    expect(bands).toHaveLength(layers);
    expect(bands[0]).toEqual({ y: 0, height: 8 * layout.rowPx });
    expect(bands[1]?.y).toBe(8 * layout.rowPx + 2 * layout.gapPx);
    const last = bands.at(-1);
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBe(2 * layout.mapHeight);
  });
});

describe("the geometry", () => {
  const masks = Array.from({ length: 10 }, (_, i) => Uint8Array.of(1, Number(i > 4), 0, 1));
  const made = (data: GateData) => {
    const head = gateMapHead(data, space);
    return gateMapGeometry(data, { pass: new GateImage().update(data, 800), head }, space);
  };
  const geometry = made({ layers: 2, dModel: 4, masks });

  it("counts what is kept, in words and bars", () => {
    expect(geometry.total.text).toBe("62.5 % of gates kept");
    expect(geometry.name).toContain("62.5 % of 32 gates kept");
    const lengths = [...geometry.bars.matchAll(/h([\d.]+)v/g)].map(([, h]) => Number(h));
    expect(lengths).toEqual([28, 28, 28, 28, 42, 42, 42, 42]);
  });

  it("has each dimension's kept rate over depth in the strip, from 0 at its foot to 1 at its top", () => {
    const { stripTop, stripHeight, left } = geometry.layout;
    const middle = stripTop + stripHeight / 2;
    expect(geometry.strip.line).toMatch(new RegExp(`^M${left},${stripTop}V${stripTop}H\\d+(\\.\\d)?V${middle}H`));
  });

  it("finds places in the map, beside it and below it, and marks them", () => {
    const { left, sideLeft, stripTop } = geometry.layout;
    const y = rowTop(geometry.layout, 5) + 1;
    expect(GATE_PLACES.locate(geometry, left + 1, y)).toEqual({ row: 5, dimension: 0 });
    expect(GATE_PLACES.locate(geometry, sideLeft + 1, y)).toEqual({ row: 5, dimension: -1 });
    expect(GATE_PLACES.locate(geometry, left + 1, stripTop + 1)).toEqual({ row: -1, dimension: 0 });
    expect(GATE_PLACES.locate(geometry, 1, y)).toBeNull();
    expect(gateMark(geometry, { row: 5, dimension: -1 }).dimension).toBe("");
    expect(gateMark(geometry, { row: -1, dimension: 0 }).row).toBe("");
  });

  it("says of two runs who keeps a gate", () => {
    const compared = masks.map(() => Uint8Array.of(COMPARED.both, COMPARED.onlyB, COMPARED.neither, COMPARED.onlyA));
    const shown = GATE_PLACES.tip(made({ layers: 2, dModel: 4, masks, compared }), { row: 0, dimension: 1 });
    expect(shown?.tip.rows[0]).toEqual({ label: "kept by", value: "only B" });
  });
});

it("pixels of a comparison have the colour of who keeps a gate, or the mean of several", () => {
  const compared = Array.from({ length: 5 }, () => Uint8Array.of(0, 1, 2, 3));
  const colours = [
    [0, 0, 0],
    [100, 0, 0],
    [0, 100, 0],
    [0, 0, 100],
  ];
  const bytes = (columns: number) =>
    new Uint8Array(comparedPixels(compared, { rows: 4, columns, dModel: 4, colours }).buffer);
  expect([...bytes(4).subarray(0, 16)]).toEqual([0, 0, 0, 255, 100, 0, 0, 255, 0, 100, 0, 255, 0, 0, 100, 255]);
  expect([...bytes(2).subarray(0, 8)]).toEqual([50, 0, 0, 255, 0, 50, 50, 255]);
});
