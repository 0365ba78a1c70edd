// Blocks of an interrupted pruning survive a round trip; damaged ones and those of other blocks or models are refused.
import { expect, test } from "vitest";
import { readConfig } from "../config/config.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../masks/weightMasks.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../recipes/weightRecipe.ts";
import { decodeBlock, encodeBlock } from "./blockCheckpoint.ts";

const raw = {
  ...{ model_type: "llama", hidden_size: 12, intermediate_size: 20, num_hidden_layers: 2, vocab_size: 30 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 4, tie_word_embeddings: true },
};
const config = readConfig(raw);
const masks = mlpMatrices(config)
  .filter(({ block }) => block === 1)
  .map((matrix) =>
    packMask(
      matrix,
      Uint8Array.from({ length: weightsOf(matrix) }, (_, i) => i % 3),
    ),
  );
const norms = { input: new Float32Array(12).fill(2), middle: new Float32Array(20).fill(3) };
const values = masks.map(({ matrix }) => Float32Array.from({ length: weightsOf(matrix) }, (_, i) => i / 7));
const of = { config, block: 1 };

test.each([
  ["without activations", { block: 1, masks }],
  ["with its norms", { block: 1, masks, norms }],
  ["with updated weights", { block: 1, masks, norms, values }],
])("a block %s", async (_, pruned) => {
  const saved = { recipe: DEFAULT_WEIGHT_RECIPE, subject: "model and text", pruned };
  expect(await decodeBlock(await encodeBlock(saved), of)).toEqual(saved);
});

test("is refused where a bit has changed, and as another block or of another model", async () => {
  const bytes = await encodeBlock({ recipe: DEFAULT_WEIGHT_RECIPE, subject: "s", pruned: { block: 1, masks, values } });
  await expect(decodeBlock(bytes, { config, block: 0 })).rejects.toThrow(
    "checkpoint: state.block: expected 0, got 1. Leave out --resume to start anew.",
  );
  const wider = readConfig({ ...raw, intermediate_size: 24 });
  await expect(decodeBlock(bytes, { config: wider, block: 1 })).rejects.toThrow(
    /checkpoint: mask0: expected 9 elements, got 8/,
  );
  const flipped = bytes.slice();
  const last = flipped.length - 1;
  flipped[last] = (flipped[last] ?? 0) ^ 1;
  await expect(decodeBlock(flipped, of)).rejects.toThrow(/checkpoint: sha256: expected/);
});
