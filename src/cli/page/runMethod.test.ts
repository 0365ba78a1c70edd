// Which share of the MLP must be pruned to reach a ratio of the block weights, and ratios for which the MLP is too small.
import { describe, expect, it } from "vitest";
import { budgetOf, mlpMatrices, readConfig, weightsOf } from "../../engine/index.ts";
import rawConfig from "../../../golden/llama/config.json" with { type: "json" };
import { patternOf } from "./runMethod.ts";

const config = readConfig(rawConfig);
const { blockWeights } = budgetOf(config);
const mlp = mlpMatrices(config).reduce((sum, matrix) => sum + weightsOf(matrix), 0);
const wanda = { kind: "weights", method: "wanda", seed: 1 } as const;

describe("the pattern of a weight method", () => {
  it("is the given one where there is one", () => {
    expect(patternOf(config, { ...wanda, pattern: "2:4" })).toBe("2:4");
  });

  it("prunes from the MLP what the ratio of the block weights requires", () => {
    const removed = (Number.parseFloat(patternOf(config, { ...wanda, ratio: 0.5 })) / 100) * mlp;
    expect(removed / blockWeights).toBeCloseTo(0.5, 5);
  });

  it.each([0.1, 1 - mlp / blockWeights, 1])("is refused at a ratio of %d", (ratio) => {
    expect(() => patternOf(config, { ...wanda, ratio })).toThrow(
      `got ${ratio}. Wanda prunes only the MLP, which has ${mlp} of the ${blockWeights} block weights`,
    );
  });
});
