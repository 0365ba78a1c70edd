// Geometry: what is drawn at a place is what the cursor finds there; and small pieces of text.
import { describe, expect, it } from "vitest";
import { dimensionAtX, mapLayout, rowAtY, rowTop } from "./gates/map/mapLayout.ts";
import { distances, drawsTargets, targetAt } from "./runs/steps/runData.ts";
import { dotPath, linePath } from "./lib/marks/paths.ts";
import { besides, tipSentence } from "./lib/frame/tooltip.ts";
import { barAt, barLeft, barsLayout } from "./lib/bars/barsLayout.ts";

describe.each([
  [960, 3],
  [960, 8],
  [360, 32],
  [1280, 80],
])("gate map of width %i with %i blocks", (width, layers) => {
  const layout = mapLayout(width, layers, 22);

  it("finds each row where it is drawn", () => {
    const rows = Array.from({ length: 4 * layers }, (_, row) => row);
    expect(rows.map((row) => rowAtY(layout, rowTop(layout, row) + layout.rowPx / 2))).toEqual(rows);
    expect([rowAtY(layout, layout.top - 1), rowAtY(layout, layout.top + layout.mapHeight + 9)]).toEqual([-1, -1]);
  });

  it("finds the first and last dimension and fits its width", () => {
    expect(dimensionAtX(layout, layout.left, 4096)).toBe(0);
    expect(dimensionAtX(layout, layout.left + layout.plotWidth - 0.01, 4096)).toBe(4095);
    expect(dimensionAtX(layout, layout.left + layout.plotWidth, 4096)).toBe(-1);
    expect(layout.sideLeft + layout.sideWidth).toBeLessThanOrEqual(width);
  });
});

describe.each([
  [960, 8],
  [900, 32],
  [360, 8],
  [360, 32],
])("widths of width %i with %i blocks", (width, blocks) => {
  const layout = barsLayout(width, blocks, 20);

  it("finds each bar where it is drawn, inside the chart", () => {
    for (let block = 0; block < blocks; block += 1)
      for (let k = 0; k < 5; k += 1) {
        const { x, bottom } = barLeft(layout, block, k);
        expect(barAt(layout, blocks, x + layout.barPx / 2, bottom - 1)).toEqual({ block, k });
        expect(x + layout.barPx).toBeLessThanOrEqual(width);
        expect(bottom).toBeLessThan(layout.height);
      }
  });

  it("has bars of at least two pixels and nothing beside the last block", () => {
    expect(layout.barPx).toBeGreaterThanOrEqual(2);
    expect(barAt(layout, blocks, layout.left - 5, layout.top + 5)).toBeNull();
    expect(barAt(layout, blocks, width / 2, layout.height + 50)).toBeNull();
  });
});

describe("paths", () => {
  it("break a line where a value is missing", () => {
    const values = [1, NaN, 3, 4];
    expect(linePath([0, 1, 2, 3], (i) => [i, values[i] ?? 0])).toBe("M0,1M2,3L3,4");
    expect(dotPath([0, 1, 2], (i) => [i / 3, values[i] ?? 0])).toBe("M0,1h0M0.7,3h0");
  });
});

describe("tooltip", () => {
  it("stands after the cursor, or before it at the edge, and never outside", () => {
    expect([besides(10, 50, 200, 12), besides(180, 50, 200, 12), besides(30, 90, 100, 12)]).toEqual([22, 118, 0]);
  });

  it("reads as a sentence", () => {
    const tip = { title: "step 3", rows: [{ label: "loss", value: "1.5" }] };
    expect(tipSentence(tip)).toBe("step 3: loss 1.5.");
  });
});

describe("targetAt", () => {
  it("is the last target set at or before a step", () => {
    const targets = [
      { step: 0, ratio: 0.5 },
      { step: 100, ratio: 0.7 },
    ];
    expect([0, 99, 100, 500].map((step) => targetAt(targets, step))).toEqual([0.5, 0.5, 0.7, 0.7]);
    expect([targetAt(targets, -1), targetAt(undefined, 3)]).toEqual([null, null]);
  });
});

describe("targets that every step draws", () => {
  const step = [1, 2, 3, 4, 5, 6];
  const kept = [0.9, 0.8, 0.5, 0.6, 0.7, 0.4];
  const targets = [0.4, 0.8, 0.6, 0.6, 0.7, 0.5].map((ratio, i) => ({ step: i + 1, ratio }));

  it("are told from a target that a person moves now and then", () => {
    expect(drawsTargets({ targets }, 6)).toBe(true);
    expect(drawsTargets({ targets }, 12)).toBe(false);
    expect(drawsTargets({ targets: targets.slice(0, 4) }, 4)).toBe(false);
    expect(drawsTargets({}, 0)).toBe(false);
  });

  it("leave the distance of each step from its own", () => {
    expect([...distances({ step, kept, targets }, 6)].map((one) => Number(one.toFixed(3)))).toEqual([
      0.5, 0, -0.1, 0, 0, -0.1,
    ]);
    expect([...distances({ step, kept, targets: [{ step: 2, ratio: 0.5 }] }, 3)].slice(0, 2)).toEqual([
      NaN,
      expect.closeTo(0.3, 9),
    ]);
  });
});
