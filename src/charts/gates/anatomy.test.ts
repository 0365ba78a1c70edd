// Budget, gate logits and the block: bars as high as their numbers, wires as thick as what is kept, and tips with the numbers themselves.
import { describe, expect, it } from "vitest";
import { STACKED_PLACES, stackedGeometry } from "../lib/bars/stackedGeometry.ts";
import { BLOCK_PLACES, type BlockData, blockGeometry, wireTip } from "./block/blockGeometry.ts";
import { budgetContent } from "./budgetBars.ts";
import { logitContent } from "./logitHistogram.ts";

const space = { width: 446, pixelRatio: 1, measure: (text: string) => 6 * text.length };

describe("the budget", () => {
  const data = {
    first: 3,
    blocks: [
      { attention: { kept: 10, of: 40 }, mlp: { kept: 30, of: 60 } },
      { attention: { kept: 40, of: 40 }, mlp: { kept: 0, of: 60 } },
    ],
  };
  const geometry = stackedGeometry(budgetContent(data), space);

  it("has a pale bar of what was there beside each bar of what is kept, from the foot", () => {
    const { top, foot } = geometry.plot;
    const y = (weights: number): number => foot - (weights / 100) * (foot - top);
    expect(geometry.bars[0]?.faint).toContain(`,${foot}V${y(40)}`);
    expect(geometry.bars[0]?.solid).toContain(`,${foot}V${y(10)}`);
    expect(geometry.bars[1]?.solid).toContain(`,${y(10)}V${y(40)}`);
    expect(geometry.bars[1]?.solid.match(/z/g)).toHaveLength(1);
  });

  it("names its blocks by their numbers, and both sums", () => {
    expect(geometry.axes[1]?.ticks.map(({ text }) => text)).toEqual(["3", "4"]);
    expect(geometry.name).toContain("Attention keeps 62.5 % of 80 weights, the MLP keeps 25.0 % of 120 weights");
    const second = STACKED_PLACES.move(geometry, 1, 1, 0);
    expect(second).toBe(2);
    const tip = STACKED_PLACES.tip(geometry, 2)?.tip;
    expect([tip?.title, tip?.rows[2]?.value]).toEqual(["block 4", "40.0 % (40 of 100)"]);
  });
});

describe("the gate logits", () => {
  const counts = [
    [1, 0, 0, 2, 0],
    [0, 3, 0, 0, 1],
  ];
  const data = { edges: [-4, -2, 0], counts, kept: [1, 4], threshold: -2.5, keptBelow: 1 };

  it("have a line at the threshold, and say how many kept gates are below it", () => {
    const geometry = stackedGeometry(logitContent(data), space);
    expect(geometry.line).toMatch(/^M194,/);
    expect(geometry.words.map(({ text }) => text)).toContain("threshold -2.50, 1 kept below it");
    expect(geometry.name).toContain("7 gate logits from -4.00 to 0.00");
    const tip = STACKED_PLACES.tip(geometry, 0)?.tip;
    expect(tip?.rows.map(({ value }) => value)).toEqual(["1", "0", "0", "2", "0", "1 of 3"]);
  });

  it("say why there are none, and have no bar to choose then", () => {
    const none = { edges: [], counts: [], kept: [], threshold: null, keptBelow: 0, empty: "gate logits: being read" };
    const geometry = stackedGeometry(logitContent(none), space);
    expect(geometry.words.map(({ text }) => text)).toContain("gate logits: being read");
    expect(STACKED_PLACES.move(geometry, null, 0, 0)).toBeNull();
  });
});

describe("the block", () => {
  const data: BlockData = {
    ...{ block: 1, queries: 8, keys: 4, glu: true, size: [8, 8, 8, 20, 8] },
    kept: [
      [8, 8, 8, 20, 8],
      [4, 8, 2, 10, 0],
    ],
  };
  const geometry = blockGeometry(data, space);

  it("has wires as thick as the share that is kept; the heads are never pruned", () => {
    expect(geometry.wires.map(({ thick }) => thick)).toEqual([5.5, 10, 10, 3.3, 5.5, 1]);
    expect(geometry.name).toContain("Block 1 of 2");
    expect(geometry.name).toContain("s4 MLP middle 10 of 20");
  });

  it("goes along its wires and to other blocks by keys, with the sizes of their matrices", () => {
    expect(BLOCK_PLACES.move(geometry, { wire: 3, block: 1 }, 1, 0)).toEqual({ wire: 4, block: 1 });
    expect(BLOCK_PLACES.move(geometry, { wire: 3, block: 1 }, 0, -1)).toEqual({ wire: 3, block: 0 });
    const { x, y, length } = geometry.wires[4] ?? { x: 0, y: 0, length: 0 };
    expect(BLOCK_PLACES.locate(geometry, x + length / 2, y)).toEqual({ wire: 4, block: 1 });
    expect(wireTip(data, { wire: 4, block: 1 }).rows.map(({ value }) => value)).toEqual([
      "50.0 % (10 of 20)",
      "10 × 2",
      "0 × 10",
    ]);
    expect(wireTip(data, { wire: 0, block: 1 }).rows.map(({ value }) => value)).toEqual([
      "50.0 % (4 of 8)",
      "8 × 4",
      "4 × 4",
    ]);
  });
});
