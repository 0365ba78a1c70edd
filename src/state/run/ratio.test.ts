// The two readings of the slider agree with the paper's definition, and explain a target that cannot be reached.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../engine/index.ts";
import { FACTS } from "../client.fixture.ts";
import { clampRatio, blockRatioOf, lowestOf, modelRatioOf, targetOfModel } from "./ratio.ts";

const embedded = { blocks: 3_145_728, total: 3_542_208 };

describe("ratio", () => {
  it("reads half of the embedded model's block weights as 55.6 % of the model", () => {
    expect(modelRatioOf(0.5, embedded)).toBeCloseTo(0.556, 3);
  });

  it("inverts itself", () => {
    for (const ratio of [0.05, 0.37, 0.5, 1])
      expect(blockRatioOf(modelRatioOf(ratio, embedded), embedded)).toBeCloseTo(ratio, 12);
  });

  it("agrees with p = ((1 - r) Total - Rest) / Blocks", () => {
    const removed = 0.3;
    const p = ((1 - removed) * embedded.total - (embedded.total - embedded.blocks)) / embedded.blocks;
    expect(targetOfModel(1 - removed, embedded)).toEqual({ reachable: true, ratio: p });
  });

  it("explains why a target is too low, and offers the nearest", () => {
    const low = targetOfModel(0.08, embedded);
    expect(low).toMatchObject({ reachable: false, ratio: 0.05 });
    expect(low.reachable ? "" : low.reason).toMatch(
      /below 15\.6 %: embeddings, head and norms \(11\.2 %\) .* at least 5 % of the block weights \(4\.4 % of the model\)/,
    );
    const small = targetOfModel(0.13, embedded);
    expect(small.reachable ? "" : small.reason).toMatch(/5 % of the block weights/);
  });

  it("starts where the gates of the recipe reach on the open model, and says why", () => {
    const model = { phase: "open", facts: FACTS } as const;
    const recipe = { ...DEFAULT_RECIPE, gates: "mlp" } as const;
    // attention: 4 x 8 + 4 x 4 = 48 of 144; one neuron of the MLP: 12
    const lowest = lowestOf({ model, recipe });
    expect(lowest.ratio).toBe(Math.ceil((1000 * 60) / 144) / 1000);
    expect(lowest.reason).toMatch(/^With gates mlp only s4 is pruned, so attention and at least 1/);
    expect(lowestOf({ model: { phase: "closed" }, recipe })).toEqual({ ratio: 0.05 });
    const low = targetOfModel(0.3, FACTS.parameters, lowest);
    expect(low).toMatchObject({ reachable: false, ratio: lowest.ratio });
    expect(low.reachable ? "" : low.reason).toMatch(/^Can't go below 57\.2 %\. With gates mlp/);
    expect(clampRatio(0.1, lowest.ratio)).toBe(lowest.ratio);
  });

  it("clamps to what a recipe allows", () => {
    expect([clampRatio(-1), clampRatio(0.4), clampRatio(3)]).toEqual([0.05, 0.4, 1]);
  });
});
