// The table of layers: its kept weights are those of the engine's budget, and it is sorted and written as it says.
import { describe, expect, it } from "vitest";
import { budgetOf, keptWeights, readConfig } from "../../engine/index.ts";
import rawConfig from "../../../public/model/config.json" with { type: "json" };
import { knownModel } from "../../state/model/shownModel.ts";
import { layerRows, layerTable, sortedLayers } from "./layersView.ts";

const FACTS = knownModel({
  model: { phase: "opening", name: "", previous: null },
  requestedSource: { kind: "embedded" },
})!;
const LAYERS = FACTS.layers;
/** Other widths in each block and vector. */
const COUNTS = Array.from({ length: 5 * LAYERS }, (_, i) => 20 + 3 * i);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe("the layers", () => {
  const dense = layerRows(FACTS, { architecture: null, weights: null });
  const cut = layerRows(FACTS, { architecture: { counts: COUNTS }, weights: null });

  it("have all block weights of the model, and keep what the budget says", () => {
    const config = readConfig(rawConfig);
    expect(dense).toHaveLength(7 * LAYERS);
    expect(sum(dense.map(({ kept }) => kept))).toBe(FACTS.parameters.blocks);
    expect(sum(cut.map(({ of }) => of))).toBe(FACTS.parameters.blocks);
    expect(sum(cut.map(({ kept }) => kept))).toBe(keptWeights(budgetOf(config), COUNTS));
  });

  it("show their sizes before and after", () => {
    expect(cut.find(({ name }) => name === "blocks.1.mlp.gate_proj")).toMatchObject({
      ...{ before: [512, 192], after: [COUNTS[8], COUNTS[7]] },
    });
  });

  it("take the counts of single weights, whose sizes stay", () => {
    const matrix = { name: "w", block: 2, part: "up", shape: [512, 192], direction: "inputs", kept: 7 } as const;
    const weights = { matrices: [{ ...matrix, bits: new Uint32Array() }] } as never;
    const rows = layerRows(FACTS, { architecture: null, weights });
    expect(rows.filter(({ kept, of }) => kept < of)).toEqual([
      { name: "blocks.2.mlp.up_proj", block: 2, layer: 5, before: [512, 192], after: [512, 192], kept: 7, of: 98304 },
    ]);
  });

  it("are sorted by any column, both ways", () => {
    const up = sortedLayers(cut, "share", false).map(({ kept, of }) => kept / of);
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(sortedLayers(cut, "kept weights", true)[0]?.kept).toBe(Math.max(...cut.map(({ kept }) => kept)));
    expect(sortedLayers(cut, "layer", true)[0]?.name).toBe("blocks.7.mlp.down_proj");
  });

  it("are written with numbers alone in each cell", () => {
    const { head, rows } = layerTable(cut);
    expect(rows.every((row) => row.length === head.length)).toBe(true);
    expect(rows[0]).toEqual(["blocks.0.attention.q_proj", 0, 192, 192, 192, 20, 3840, 36864, 0.104167]);
  });
});
