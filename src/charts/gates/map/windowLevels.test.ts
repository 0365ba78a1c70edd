// Pixels and places of a part of the map and of sorted columns, against the picture of all of it and against counting.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BY_INDEX, columnsBy, dimensionAt, meanLogits, positionOf } from "./dimensionOrder.ts";
import { type GateData, GateImage } from "./gateImage.ts";
import { GATE_PLACES, gateMapGeometry, gateMapHead } from "./gateMapGeometry.ts";
import { rowTop, xOfColumn } from "./mapLayout.ts";
import { columnWindow, WindowLevels } from "./windowLevels.ts";

const gatesOf = (layers: number, dModel: number): GateData => ({
  ...{ layers, dModel },
  masks: Array.from({ length: 5 * layers }, (_, i) =>
    Uint8Array.from({ length: i % 5 === 3 ? 2 * dModel : dModel }, (_unused, j) => Number((i * 7 + j * j) % 5 > 1)),
  ),
});
const space = { width: 900, pixelRatio: 1, measure: (text: string) => 6 * text.length };

describe("pixels", () => {
  it("of everything are those of the picture of all", () => {
    const sizes = { layers: fc.integer({ min: 1, max: 3 }), dModel: fc.integer({ min: 1, max: 60 }) };
    fc.assert(
      fc.property(fc.record({ ...sizes, pixels: fc.integer({ min: 1, max: 80 }) }), ({ layers, dModel, pixels }) => {
        const data = gatesOf(layers, dModel);
        const { edges } = columnWindow({ from: 0, count: dModel, of: dModel }, pixels);
        const rows = { of: 4 * layers, first: 0, last: 4 * layers - 1 };
        expect(new WindowLevels().of(data, BY_INDEX, { edges }, rows)).toEqual(
          new GateImage().update(data, pixels).levels,
        );
      }),
    );
  });

  it("of a part are one per dimension where there is room, and reach beyond the edges where these cut one", () => {
    const { edges, left, right } = columnWindow({ from: 2.5, count: 4, of: 10 }, 400);
    expect([[...edges], left, right]).toEqual([[2, 3, 4, 5, 6, 7], -50, 450]);
  });

  it("of sorted columns are those of their dimensions", () => {
    const data = gatesOf(1, 9);
    const columns = columnsBy("kept", [0, 3, 1, 3, 0, 2, 0, 0, 4]);
    expect([...(columns.dimensionAt ?? [])]).toEqual([8, 1, 3, 5, 2, 0, 4, 6, 7]);
    const { edges } = columnWindow({ from: 0, count: 9, of: 9 }, 100);
    const levels = new WindowLevels().of(data, columns, { edges }, { of: 4, first: 0, last: 3 });
    const first = [...(columns.dimensionAt ?? [])].map((j) => 255 * (data.masks[0]?.[j] ?? 0));
    expect([...levels.subarray(0, 9)]).toEqual(first);
    expect([dimensionAt(columns, 2), positionOf(columns, 3), positionOf(columns, -1)]).toEqual([3, 2, -1]);
  });
});

it("the mean gate logit of a dimension is over the vectors that have some", () => {
  expect(meanLogits([Float32Array.of(1, 2), null, Float32Array.of(3, -2)], 2)).toEqual(Float64Array.of(2, 0));
  expect(meanLogits([null], 2)).toBeNull();
});

describe("a part of the map", () => {
  const data: GateData = { ...gatesOf(2, 40), order: "kept" };
  const image = new GateImage();
  const view = { scale: 4, from: 0.25, top: 0 };
  const head = gateMapHead(data, space, { view });
  const pass = image.update(data, 800);
  const columns = columnsBy("kept", pass.dimKept);
  const geometry = gateMapGeometry(data, { pass, head, columns }, space);

  it("says in words what is in view and how it is sorted, below the map and in its name", () => {
    const words = geometry.strip.words.map(({ text }) => text).join("\n");
    expect(words).toContain("zoomed: positions 10 to 19 of 40; dimensions sorted by kept rate, most kept first");
    expect(geometry.name).toContain("Zoomed: positions 10 to 19 of 40. Dimensions sorted by kept rate");
  });

  it("finds each dimension in view where it is drawn, and takes keys from one to the next", () => {
    const y = rowTop(geometry.layout, 1) + 1;
    for (let position = 10; position < 20; position += 1) {
      const x = xOfColumn(geometry.layout, position + 0.5, 40);
      const dimension = dimensionAt(columns, position);
      expect(GATE_PLACES.locate(geometry, x, y)).toEqual({ row: 1, dimension });
      expect(GATE_PLACES.move(geometry, { row: 1, dimension }, 1, 0)?.dimension).toBe(
        dimensionAt(columns, position + 1),
      );
    }
    expect(GATE_PLACES.move(geometry, null, 0, 0)).toEqual({ row: 0, dimension: dimensionAt(columns, 10) });
  });

  it("says by name that gate logits are missing where it should be sorted by them", () => {
    const other = { ...data, order: "logit" } as const;
    const { strip } = gateMapGeometry(other, { pass, head }, space);
    expect(strip.words.map(({ text }) => text).join()).toContain("by index: gate logits are not known");
  });

  it("of s4 has a row per block, and says that its columns are other neurons in each", () => {
    const middle: GateData = { ...data, order: "index", side: "middle", dModel: 80 };
    const made = gateMapGeometry(
      middle,
      { pass: new GateImage().update(middle, 800), head: gateMapHead(middle, space) },
      space,
    );
    expect([made.pass.rows, made.layout.rowsPerBlock]).toEqual([2, 1]);
    expect(made.strip.words.map(({ text }) => text).join()).toContain("another neuron in each block");
    expect(GATE_PLACES.tip(made, { row: 1, dimension: 7 })?.tip.title).toBe("block 1, s4 (MLP middle), neuron 7");
  });

  it("tells gate logit and keep probability, or why there are none", () => {
    const logits = data.masks.map((mask) => Float32Array.from(mask, (gate) => gate - 0.5));
    const known = { ...data, logits, keepProbability: (logit: number) => 0.5 + logit };
    const labels = (at: GateData) =>
      GATE_PLACES.tip({ ...geometry, data: at }, { row: 0, dimension: 0 })?.tip.rows.map(({ value }) => value) ?? [];
    expect(labels(known).slice(0, 3)).toEqual(["pruned", "-0.500", "0.0 %"]);
    expect(labels({ ...data, noLogits: "not saved with the run" })[1]).toBe("not saved with the run");
    expect(labels({ ...data, logits: data.masks.map(() => null) })[1]).toBe("none: this vector is not pruned");
  });
});
