// Grouped bars: the cursor finds each bar where it is drawn, and paths and words follow the counts.
import { describe, expect, it } from "vitest";
import { BAR_PLACES, barsGeometry } from "./barsGeometry.ts";
import { barAt, barLeft, barsLayout } from "./barsLayout.ts";

describe.each([
  [960, 8],
  [900, 32],
  [360, 8],
  [360, 32],
])("bars of width %i with %i blocks", (width, blocks) => {
  const layout = barsLayout(width, blocks, 20);

  it("are found where they are drawn, inside the chart", () => {
    for (let block = 0; block < blocks; block += 1)
      for (let k = 0; k < 5; k += 1) {
        const { x, bottom } = barLeft(layout, block, k);
        expect(barAt(layout, blocks, x + layout.barPx / 2, bottom - 1)).toEqual({ block, k });
        expect(x + layout.barPx).toBeLessThanOrEqual(width);
        expect(bottom).toBeLessThan(layout.height);
      }
  });

  it("are at least two pixels wide, with nothing beside the last block", () => {
    expect(layout.barPx).toBeGreaterThanOrEqual(2);
    expect(barAt(layout, blocks, layout.left - 5, layout.top + 5)).toBeNull();
    expect(barAt(layout, blocks, width / 2, layout.height + 50)).toBeNull();
  });
});

describe("the geometry", () => {
  const kind = (name: string) => ({ name, meaning: "", long: `the ${name}`, colour: "--chart-s1" });
  const subject = { kinds: [kind("a"), kind("b")], words: (blocks: number) => `${blocks} blocks.` };
  const data = {
    kept: [
      [1, 4],
      [0, 2],
    ],
    size: [
      [4, 4],
      [4, 4],
    ],
  };
  const geometry = barsGeometry(data, subject, { width: 100, pixelRatio: 1, measure: (text) => 6 * text.length });

  it("has a bar as high as its kept rate, and a track behind those that are not full", () => {
    const heights = geometry.bars.map((path) =>
      [...path.matchAll(/v(-?[\d.]+)h/g)].map(([, v]) => Math.abs(Number(v))),
    );
    expect(heights).toEqual([
      [37.5, 0],
      [150, 75],
    ]);
    expect(geometry.track.match(/v-150h/g)).toHaveLength(3);
    expect(geometry.name).toBe("2 blocks. Over all blocks: a 12.5 %, b 75.0 %.");
  });

  it("moves from bar to bar, and by blocks up and down", () => {
    const from = { block: 0, k: 1 };
    const moved = [BAR_PLACES.move(geometry, from, 1, 0), BAR_PLACES.move(geometry, from, 0, 1)];
    expect(moved).toEqual([
      { block: 1, k: 0 },
      { block: 1, k: 1 },
    ]);
    expect(BAR_PLACES.move(geometry, from, Infinity, 0)).toEqual({ block: 1, k: 1 });
  });

  it("names the chosen bar in its tip", () => {
    const shown = BAR_PLACES.tip(geometry, { block: 1, k: 1 });
    expect(shown?.tip.title).toBe("block 1, b (the b)");
    expect(shown?.tip.rows.map(({ label, value }) => `${label} ${value}`)).toEqual([
      "a 0.0 % (0 of 4)",
      "▸ b 50.0 % (2 of 4)",
    ]);
  });
});
