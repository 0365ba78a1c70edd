// The recovery in receipts of both kinds: written, read back and refused; both cards state it.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../config/config.ts";
import { gateLayout } from "../../masks/gates.ts";
import { mlpMatrices } from "../../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../../masks/weightMasks.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { DEFAULT_RECOVER_RECIPE } from "../../recipes/recoverRecipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../../recipes/refitRecipe.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../../recipes/weightRecipe.ts";
import { modelCard } from "../card/modelCard.ts";
import { weightCard } from "../card/weightCard.ts";
import { readReceipt } from "./readReceipt.ts";
import { buildReceipt, type ReceiptBaseInput } from "./receipt.ts";
import { type RecoveryReceipt, recoveryWords } from "./recoveryReceipt.ts";
import { buildWeightReceipt, readWeightReceipt } from "./weightReceipt.ts";

const config = readConfig({
  ...{ model_type: "llama", hidden_size: 12, intermediate_size: 20, num_hidden_layers: 1, num_attention_heads: 2 },
  ...{ num_key_value_heads: 1, head_dim: 4, vocab_size: 30, tie_word_embeddings: true },
});
const text = { name: "a text", sha256: "0123456789abcdef".repeat(4) };
const trained = { recipe: { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 }, bestStep: 250 };
const result = {
  ...{ guard: { before: 28.125, after: 24.25, tokens: 4096 }, prunedBefore: 27.11 },
  weightsSha256: "fedcba9876543210".repeat(4),
};
const recovery: RecoveryReceipt = { ...trained, ...result };
const without: ReceiptBaseInput = {
  ...{ version: "0.1.0", adapter: "SwiftShader", modelName: "tiny", licence: "mit", config, dtype: "F16" },
  ...{ precision: "f32", calibration: text, checks: [] },
  perplexity: [{ text, context: 512, tokens: 20480, beginToken: false, dense: 19.78, pruned: 24.28 }],
};
const base: ReceiptBaseInput = { ...without, recovery };
const target = { ratio: "block weights kept", value: 0.5 } as const;
const masks = gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1));
const gates = buildReceipt({ ...base, masks, recipe: DEFAULT_RECIPE, target, trainedSteps: 600 });
const weightMasks = mlpMatrices(config).map((one) => packMask(one, new Uint8Array(weightsOf(one)).fill(1)));
const weights = buildWeightReceipt({ ...base, masks: weightMasks, recipe: DEFAULT_WEIGHT_RECIPE });

describe("a receipt of a recovered model", () => {
  it("is read back unchanged, of structural pruning and of single weights", () => {
    expect(readReceipt(JSON.stringify(gates))).toEqual(gates);
    expect(gates.recovery).toEqual(recovery);
    expect(readWeightReceipt(JSON.stringify(weights))).toEqual(weights);
  });

  it("says that the kept weights of single-weight pruning were changed, whatever the method", () => {
    expect(weights.updated).toBe(true);
    const plain = buildWeightReceipt({ ...without, masks: weightMasks, recipe: DEFAULT_WEIGHT_RECIPE });
    expect(plain.updated).toBe(false);
    expect(plain).not.toHaveProperty("recovery");
  });

  it("names the rank of adapters, and its card too", () => {
    const adapters = { ...recovery, recipe: { ...trained.recipe, matrices: "all", rank: 16 } } as const;
    const receipt = buildReceipt({
      ...base,
      recovery: adapters,
      masks,
      recipe: DEFAULT_RECIPE,
      target,
      trainedSteps: 600,
    });
    expect(readReceipt(JSON.stringify(receipt))).toEqual(receipt);
    expect(receipt.recovery?.recipe?.rank).toBe(16);
    expect(modelCard(receipt, "masked")).toContain("low-rank adapters (LoRA, rank 16) on all matrices of every block");
    expect(modelCard(receipt, "masked")).toContain("`lora/` has the low-rank adapters");
    const after = { ...receipt, recovery: { ...adapters, refit: DEFAULT_REFIT_RECIPE } };
    expect(modelCard(after, "masked")).not.toContain("`lora/`");
    expect(modelCard(receipt, "compact")).not.toContain("`lora/`");
    expect(modelCard(gates, "masked")).not.toMatch(/LoRA|lora/);
  });

  it("of an older version, without a weight of the head's input, was trained by the KL alone", () => {
    const { hiddenWeight, ...older } = trained.recipe;
    expect(hiddenWeight).toBeGreaterThan(0);
    const changed = JSON.stringify({ ...gates, recovery: { ...recovery, recipe: older } });
    const read = readReceipt(changed);
    expect(read.recovery?.recipe).toEqual({ ...older, hiddenWeight: 0 });
    expect(modelCard(read, "compact")).toContain("(forward KL): 250 of 300 steps");
  });

  it.each([
    [{ recipe: { ...trained.recipe, hiddenWeight: -1 } }, /hiddenWeight: expected a number from 0 to 1000, got -1/],
    [{ recipe: { ...trained.recipe, matrices: "all", rank: 2 } }, /rank: expected a whole number from 4 to 64, got 2/],
    [{ recipe: { ...trained.recipe, rank: 16 } }, /matrices: expected all beside a rank, got out/],
    [{ recipe: { ...recovery.recipe, matrices: "all", rank: null } }, /recovery\.recipe\.rank: expected a number/],
    [{ weightsSha256: "abc" }, /recovery\.weightsSha256: expected 64 hexadecimal digits/],
    [{ recipe: undefined }, /recovery\.recipe: expected a recipe of training, or of a refit/],
    [{ refit: { ...DEFAULT_REFIT_RECIPE, ridge: 0 } }, /refit: ridge: expected a number from/],
    [{ recipe: { ...recovery.recipe, matrices: "some" } }, /recovery\.recipe\.matrices: expected/],
    [{ recipe: { ...recovery.recipe, steps: 0 } }, /steps: expected a whole number from 1/],
    [{ guard: { before: 1, after: 1 } }, /recovery\.guard\.tokens/],
  ])("is refused with %j", (change, message) => {
    const changed = JSON.stringify({ ...gates, recovery: { ...recovery, ...change } });
    expect(() => readReceipt(changed)).toThrow(message);
  });

  it.each([{ refit: DEFAULT_REFIT_RECIPE }, { ...trained, refit: DEFAULT_REFIT_RECIPE }])(
    "with %j is read back unchanged, and both cards state the refit",
    (steps) => {
      const of = { ...without, recovery: { ...result, ...steps } };
      const receipt = buildReceipt({ ...of, masks, recipe: DEFAULT_RECIPE, target, trainedSteps: 600 });
      expect(readReceipt(JSON.stringify(receipt))).toEqual(receipt);
      const plain = buildWeightReceipt({ ...of, masks: weightMasks, recipe: DEFAULT_WEIGHT_RECIPE });
      expect(plain.updated).toBe(true);
      for (const card of [modelCard(receipt, "compact"), weightCard(plain)]) {
        expect(card).toContain(
          "were refitted by least squares to the base model's activations, without training: 256 sequences of 128 tokens, ridge 0.1, seed 1",
        );
        expect(card.includes("250 of 300 steps")).toBe("recipe" in steps);
        expect(card).toContain("The masks alone do not rebuild this model");
        expect(card).not.toContain("unchanged");
      }
    },
  );

  it("says in words what was done", () => {
    expect(recoveryWords(recovery)).toBe("300 steps");
    expect(recoveryWords({ refit: DEFAULT_REFIT_RECIPE })).toBe("least squares");
    expect(recoveryWords({ ...recovery, refit: DEFAULT_REFIT_RECIPE })).toBe("least squares, then 300 steps");
  });

  it("refuses numbers that JSON cannot express", () => {
    expect(() =>
      buildWeightReceipt({
        ...base,
        recovery: { ...recovery, prunedBefore: NaN },
        masks: weightMasks,
        recipe: DEFAULT_WEIGHT_RECIPE,
      }),
    ).toThrow(/finite/);
  });

  it.each([
    ["structural pruning", modelCard(gates, "compact")],
    ["single weights", weightCard(weights)],
  ])("is described on the card of %s", (_, card) => {
    expect(card).toContain("The remaining weights were trained towards the base model afterwards".slice(4));
    expect(card).toContain("(forward KL) and its states before the head (relative error, weight 4): 250 of 300 steps");
    expect(card).toContain("Perplexity was 27.11 before it");
    expect(card).toContain("28.13 before and 24.25 after");
    expect(card).toContain("The masks alone do not rebuild this model");
    expect(card).not.toContain("unchanged");
  });
});
