// The budget: compared with hand-counted numbers of real models, and what a ratio allows.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../config/config.ts";
import { LLAMA_DESIGN } from "../config/modelConfig.ts";
import * as budgets from "./budget.ts";

const speeches: ModelConfig = {
  family: "llama",
  modelType: "llama",
  layers: 8,
  dModel: 192,
  heads: 6,
  kvHeads: 2,
  headDim: 32,
  dMlp: 512,
  vocab: 2048,
  context: 512,
  normEps: 1e-5,
  rope: { theta: 1e4 },
  tiedHead: true,
  glu: true,
  design: LLAMA_DESIGN,
  eosTokens: [1],
};
const llama2: ModelConfig = {
  ...speeches,
  layers: 32,
  dModel: 4096,
  heads: 32,
  kvHeads: 32,
  headDim: 128,
  dMlp: 11008,
  vocab: 32000,
  tiedHead: false,
};
const budget = budgets.budgetOf(speeches);
const full = Array.from({ length: 8 }, () => [192, 192, 192, 512, 192]).flat();

describe("counts of weights", () => {
  it("counts the embedded model as its README does", () => {
    expect(budget.blockWeights).toBe(3_145_728);
    expect(budget.totalWeights).toBe(3_542_208);
    expect(budget.restWeights).toBe(393_216 + 3_264);
  });

  it("counts LLaMA-2 7B", () => {
    expect(budgets.budgetOf(llama2).totalWeights).toBe(6_738_415_616);
  });

  it("counts a block without a GLU", () => {
    const plain = budgets.budgetOf({ ...speeches, family: "phi", glu: false });
    expect(plain.blockWeights).toBe(8 * (192 * (192 + 128) + 192 * 192 + 2 * 192 * 512));
  });

  it("leaves biases out of the block weights, and subtracts those of pruned outputs from the total", () => {
    const biases = { qkv: true, o: true, mlp: true, head: false };
    const biased = budgets.budgetOf({ ...speeches, design: { ...LLAMA_DESIGN, biases } });
    expect(biased.blockWeights).toBe(budget.blockWeights);
    expect(biased.restWeights - budget.restWeights).toBe(8 * (192 + 2 * 64 + 192 + 2 * 512 + 192));
    expect(budgets.keptTotalWeights(biased, full)).toBe(biased.totalWeights);
    const one = full.map(() => 1);
    // one entry of the biases of o, gate, up and down is left; q, k and v keep theirs
    const left = budgets.keptTotalWeights(biased, one) - budgets.keptTotalWeights(budget, one);
    expect(left).toBe(8 * (192 + 2 * 64 + 1 + 2 + 1));
  });

  it("accepts the other weights as counted from the file", () => {
    expect(budgets.budgetOf(speeches, 5).totalWeights).toBe(3_145_733);
  });
});

describe("counts of kept weights", () => {
  it("keeps everything with full masks, and counts a golden model's block weights", () => {
    expect(budgets.keptWeights(budget, full)).toBe(budget.blockWeights);
    expect(budgets.keptTotalWeights(budget, full)).toBe(budget.totalWeights);
    const golden = JSON.parse(readFileSync("golden/llama/golden.json", "utf8")) as { hard: { block_weights: number } };
    const config = { ...speeches, layers: 3, dModel: 64, heads: 4, kvHeads: 2, headDim: 16, dMlp: 176, vocab: 512 };
    expect(budgets.budgetOf(config).blockWeights).toBe(golden.hard.block_weights);
  });

  it("gives the same T for masks as for their counts, block by block", () => {
    const masks = full.map((size, i) =>
      Uint8Array.from({ length: size }, (_, gate) => ((gate * 7 + i) % 3 === 0 ? 1 : 0)),
    );
    const counts = budgets.countsOf(masks);
    expect(counts[0]).toBe(64);
    const blocks = Array.from({ length: 8 }, (_, block) => budgets.keptInBlock(budget, counts, block));
    expect(blocks.reduce((a, b) => a + b)).toBe(budgets.keptWeightsOfMasks(budget, masks));
  });

  it("counts the index lists among the bytes of the compact form", () => {
    const one = full.map(() => 1);
    const least = budget.layers * (budget.s1Cost + budget.s2Cost + budget.ups + 1);
    expect(budgets.keptWeights(budget, one)).toBe(least);
    expect(budgets.compactBytes(budget, one, 2)).toBe((least + budget.restWeights) * 2 + 40 * 4);
  });

  it("refuses the wrong number of vectors", () => {
    expect(() => budgets.keptWeights(budget, [1, 2, 3])).toThrow(/expected 40 counts/);
  });
});

describe("the kept share of the block weights", () => {
  it("allows exactly T at p = T / T_total, and never more than p T_total otherwise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: budget.blockWeights }), (weights) => {
        expect(budgets.targetWeights(budget, weights / budget.blockWeights)).toBe(weights);
        const between = (weights - 0.5) / budget.blockWeights;
        expect(budgets.targetWeights(budget, between)).toBe(weights - 1);
      }),
    );
  });

  it.each([0, -0.1, 1.01, NaN])("refuses p = %s", (ratio) => {
    expect(() => budgets.targetWeights(budget, ratio)).toThrow(/above 0 and at most 1/);
  });
});
