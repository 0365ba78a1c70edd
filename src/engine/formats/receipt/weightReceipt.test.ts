// Receipts of weight pruning: built, written, read back and refused; the card has the same numbers and promises no speed.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../config/config.ts";
import { mlpMatrices } from "../../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../../masks/weightMasks.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../../recipes/weightRecipe.ts";
import { packBits, packWords, unpackWords } from "../files/bitset.ts";
import { collect } from "../files/outputFile.ts";
import { readReceipt } from "./readReceipt.ts";
import { receiptFile } from "./receipt.ts";
import { weightCard } from "../card/weightCard.ts";
import { buildWeightReceipt, isWeightReceipt, readWeightReceipt, weightMasksFromReceipt } from "./weightReceipt.ts";

const raw = {
  model_type: "llama",
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  vocab_size: 30,
  tie_word_embeddings: true,
};
const config = readConfig(raw);
/** Every fourth weight is pruned. */
const masks = mlpMatrices(config).map((matrix) =>
  packMask(
    matrix,
    Uint8Array.from({ length: weightsOf(matrix) }, (_, i) => (i % 4 === 3 ? 0 : 1)),
  ),
);
const text = { name: "held-out addresses", sha256: "0123456789abcdef".repeat(4) };
const receipt = buildWeightReceipt({
  ...{
    version: "0.1.0",
    adapter: "SwiftShader",
    modelName: "tiny | model",
    licence: "apache-2.0",
    config,
    dtype: "F16",
    precision: "f32",
  },
  ...{ masks, recipe: { ...DEFAULT_WEIGHT_RECIPE, pattern: "25%" }, calibration: text },
  perplexity: [{ text, context: 512, tokens: 20480, beginToken: false, dense: 19.78, pruned: 27.09 }],
  checks: [],
});
const written = JSON.stringify(receipt);

describe("a receipt of weight pruning", () => {
  it("counts what the masks keep, of the MLP, the blocks and the model", () => {
    // per block: 3 x 240 in the MLP, 12 x (8 + 4 + 4) + 8 x 12 in attention; 30 x 12 embeddings and 5 norms of 12
    expect(receipt.kept).toEqual({
      mlpWeights: { kept: 2 * 3 * 180, of: 2 * 720 },
      blockWeights: { kept: 2 * (288 + 540), of: 2 * (288 + 720) },
      modelWeights: { kept: 2 * (288 + 540) + 420, of: 2 * (288 + 720) + 420 },
    });
  });

  it("is read back unchanged from its file, with its masks", async () => {
    const file = new TextDecoder().decode(await collect(receiptFile(receipt)));
    expect(readWeightReceipt(file)).toEqual(receipt);
    expect(weightMasksFromReceipt(receipt, config)).toEqual(masks);
    expect(isWeightReceipt(file)).toBe(true);
    expect(() => readReceipt(file)).toThrow(/target|recipe\.method/);
  });

  it("writes the encoding in the current wording and accepts the older one", () => {
    const current = "base64; one bit per weight, row by row, eight per byte, first weight in the lowest bit; 1 is kept";
    expect(receipt.masks.encoding).toBe(current);
    const older = "base64; one bit a weight, row by row, eight a byte, first weight in the lowest bit; 1 is kept";
    expect(readWeightReceipt(written.replace(current, older))).toEqual(receipt);
    expect(() => readWeightReceipt(written.replace(current, "hex"))).toThrow(/masks\.encoding: expected one of/);
  });

  it("is refused where masks and counts contradict each other, or the model is another", () => {
    expect(() => readWeightReceipt(written.replace('"kept":1080', '"kept":1081'))).toThrow(
      /kept\.mlpWeights: expected 1080 of 1440, .* got 1081 of 1440\. The file was changed/,
    );
    expect(() => readWeightReceipt(written.replace('"25%"', '"5:4"'))).toThrow(/pattern: expected N:M/);
    const [first] = receipt.masks.matrices;
    const inconsistent = {
      ...receipt,
      masks: {
        ...receipt.masks,
        matrices: receipt.masks.matrices.map((one) => (one === first ? { ...one, kept: 7 } : one)),
      },
    };
    expect(() => weightMasksFromReceipt(inconsistent, config)).toThrow(
      /gate_proj\.weight: expected 180 kept, .* got 7/,
    );
    const other = readConfig({ ...raw, intermediate_size: 24 });
    expect(() => weightMasksFromReceipt(receipt, other)).toThrow(/model\.dMlp: expected 24, .* got 20/);
  });

  it("has a card with its numbers that promises no speed", () => {
    const card = weightCard(receipt);
    expect(card).toContain("| MLP weights | 1,080 | 1,440 | 75.0 % |");
    expect(card).toContain("no speed from zeros, including 2:4");
    expect(card).toContain("DaSS (arXiv 2405.01943): 25% of the weights");
    expect(card).toContain("The remaining weights are unchanged.");
    expect(weightCard({ ...receipt, updated: true })).toContain("were updated to compensate");
  });
});

it.each([1, 8, 31, 32, 33, 100])("a bitset of %d gates is the same text from bytes and from words", (length) => {
  const mask = Uint8Array.from({ length }, (_, i) => (i % 3 === 0 ? 1 : 0));
  const words = new Uint32Array(Math.ceil(length / 32));
  mask.forEach((bit, i) => (words[i >> 5] = words[i >> 5]! | (bit << (i & 31))));
  expect(packWords(words, length)).toBe(packBits(mask));
  expect(unpackWords(packBits(mask), length)).toEqual(words);
});
