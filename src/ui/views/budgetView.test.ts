// Budget and gate logits as numbers: the budget is that of the layers, and every gate is in one bin.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bench, FACTS } from "../../state/client.fixture.ts";
import {
  blockSource,
  blockTable,
  blockWeights,
  budgetTable,
  histogramOf,
  histogramSource,
  histogramTable,
} from "./budgetView.ts";
import { layerRows } from "./layersView.ts";

it("sums the layers of each block, of the blocks that are selected", () => {
  const facts = { ...FACTS, layers: 3 };
  const counts = [1, 2, 3, 4, 1, 2, 2, 2, 2, 2, 4, 4, 4, 8, 4];
  const rows = layerRows(facts, { architecture: { counts }, weights: null });
  const all = blockWeights(rows, null);
  expect(all.blocks.map(({ attention, mlp }) => attention.kept + mlp.kept)).toEqual(
    [0, 1, 2].map((block) => rows.filter((row) => row.block === block).reduce((sum, { kept }) => sum + kept, 0)),
  );
  // q, k, v and o of 4 x 4, 2 x 4 and so on; gate, up and down of 8 x 4
  expect(all.blocks[2]).toEqual({ attention: { kept: 48, of: 48 }, mlp: { kept: 96, of: 96 } });
  expect(budgetTable(blockWeights(rows, [1, 2])).rows.map(([block, part]) => [block, part])).toEqual([
    [1, "attention"],
    [1, "MLP"],
    [2, "attention"],
    [2, "MLP"],
  ]);
});

describe("the histogram", () => {
  it("counts every gate once, and its threshold is the largest pruned gate logit", () => {
    const vector = fc.array(fc.record({ logit: fc.float({ min: -8, max: 8, noNaN: true }), kept: fc.boolean() }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(fc.array(vector, { minLength: 5, maxLength: 5 }), (vectors) => {
        const logits = vectors.map((all) => Float32Array.from(all, ({ logit }) => logit));
        const masks = vectors.map((all) => Uint8Array.from(all, ({ kept }) => Number(kept)));
        const found = histogramOf(logits, masks, { blocks: null, dimensions: null });
        vectors.forEach((all, k) => expect(found.counts.reduce((sum, row) => sum + (row[k] ?? 0), 0)).toBe(all.length));
        const gates = vectors.flat();
        expect(found.kept.reduce((sum, n) => sum + n, 0)).toBe(gates.filter(({ kept }) => kept).length);
        const pruned = gates.filter(({ kept }) => !kept).map(({ logit }) => Math.fround(logit));
        expect(found.threshold).toBe(pruned.length > 0 ? Math.max(...pruned) : null);
        for (const row of histogramTable(found).rows) expect(row).toHaveLength(9);
      }),
    );
  });

  it("leaves out other blocks, other dimensions with s4, and vectors without gate logits", () => {
    const logits = Array.from({ length: 10 }, (_, i) => (i === 1 ? null : Float32Array.of(i, i, i)));
    const masks = Array.from({ length: 10 }, () => Uint8Array.of(1, 1, 0));
    const sums = (chosen: Parameters<typeof histogramOf>[2]): number[] =>
      [0, 1, 2, 3, 4].map((k) =>
        histogramOf(logits, masks, chosen).counts.reduce((sum, row) => sum + (row[k] ?? 0), 0),
      );
    expect(sums({ blocks: null, dimensions: null })).toEqual([6, 3, 6, 6, 6]);
    expect(sums({ blocks: [0, 0], dimensions: null })).toEqual([3, 0, 3, 3, 3]);
    expect(sums({ blocks: null, dimensions: [2] })).toEqual([2, 1, 2, 0, 2]);
  });

  it("has the threshold of all gates, whatever is selected", () => {
    const logits = Array.from({ length: 10 }, (_, i) => Float32Array.of(i, -i));
    const masks = logits.map((_, i) => Uint8Array.of(Number(i > 6), 0));
    const found = histogramOf(logits, masks, { blocks: [1, 1], dimensions: [0] });
    expect([found.threshold, found.keptBelow, found.edges.at(-1)]).toEqual([6, 0, 9]);
  });

  it("says why it is empty", () => {
    expect(histogramSource(bench()).read()).toMatchObject({ counts: [], empty: "gate logits come with a training" });
  });
});

it("shows the block that is looked at, within the model", () => {
  const studio = bench();
  studio.store.setState({ model: { phase: "open", facts: { ...FACTS, layers: 2 } } });
  const source = blockSource(studio);
  studio.store.getState().showBlock(7);
  const data = source.read();
  expect(data).toMatchObject({ block: 1, size: [4, 4, 4, 8, 4], queries: 4, keys: 2 });
  expect(data && blockTable(data).rows).toEqual([
    ["full", 4, 4, 4, 8, 4],
    [0, 4, 4, 4, 8, 4],
    [1, 4, 4, 4, 8, 4],
  ]);
});
