// Expected tensors against the golden files, and every way in which weights can contradict the config.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors } from "../formats/safetensors/safetensors.ts";
import { type Dtype, elementCount } from "../dtype.ts";
import { countParameters, readConfig } from "../config/config.ts";
import { goldenCases } from "../config/goldenCases.fixture.ts";
import { modelTensors } from "../config/tensors.ts";
import { checkWeights } from "./weights.ts";

const config = readConfig({
  model_type: "llama",
  vocab_size: 10,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 12,
});

/** Weights that fit the config except for the changes; `undefined` removes a tensor. */
function weights(changes: Record<string, { shape?: number[]; dtype?: Dtype } | undefined> = {}, of = config) {
  const all = new Map<string, { dtype: Dtype; shape: readonly number[] }>(
    modelTensors(of).map(({ name, shape }) => [name, { dtype: "F32", shape }]),
  );
  for (const [name, change] of Object.entries(changes)) {
    if (change) all.set(name, { dtype: "F32", shape: [], ...all.get(name), ...change });
    else all.delete(name);
  }
  return { file: "model.safetensors", names: [...all.keys()], info: (name: string) => all.get(name)! };
}

describe("modelTensors", () => {
  it("has head_dim independent of d, and a head if it is not tied", () => {
    const shapes = new Map(modelTensors(config).map(({ name, shape }) => [name, shape]));
    expect(shapes.get("model.layers.0.self_attn.q_proj.weight")).toEqual([24, 8]);
    expect(shapes.get("model.layers.0.self_attn.k_proj.weight")).toEqual([12, 8]);
    expect(shapes.get("model.layers.0.self_attn.o_proj.weight")).toEqual([8, 24]);
    expect(shapes.get("model.layers.0.mlp.down_proj.weight")).toEqual([8, 12]);
    expect(shapes.get("lm_head.weight")).toEqual([10, 8]);
    expect(modelTensors({ ...config, tiedHead: true })).toHaveLength(shapes.size - 1);
  });

  it("has one value per parameter of the model", () => {
    const values = modelTensors(config).reduce((sum, { shape }) => sum + elementCount(shape), 0);
    expect(values).toBe(countParameters(config).total);
  });
});

describe("checkWeights", () => {
  it.each([
    // phi3 stores several layers in one matrix
    ...goldenCases("phi3").map((name) => `golden/${name}`),
    "public/model",
  ])("accepts %s", async (folder) => {
    const model = readConfig(JSON.parse(await readFile(`${folder}/config.json`, "utf8")));
    const file = await readSafetensors(memorySource("m", await readFile(`${folder}/model.safetensors`)));
    const checked = checkWeights(model, {
      file: "m",
      names: [...file.tensors.keys()],
      info: (name) => file.tensors.get(name)!,
    });
    expect(checked.length).toBe(file.tensors.size);
    const values = [...file.tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
    expect(countParameters(model).total).toBe(values);
  });

  it("tolerates a copy of a tied head and rotary buffers", () => {
    const tied = { ...config, tiedHead: true };
    const extra = {
      "lm_head.weight": { shape: [10, 8] },
      "model.layers.0.self_attn.rotary_emb.inv_freq": { shape: [6] },
    };
    expect(checkWeights(tied, weights(extra, tied))).toEqual(modelTensors(tied));
    expect(() => checkWeights(tied, weights({ "lm_head.weight": { shape: [11, 8] } }, tied))).toThrow(
      "model.safetensors: tensor 'lm_head.weight': expected shape [10, 8] by config.json (vocab_size, hidden_size), got [11, 8]. Use",
    );
  });

  it.each<[string, Parameters<typeof weights>[0], string, RegExp]>([
    [
      "a missing tensor",
      { "model.norm.weight": undefined },
      "format",
      /^model\.safetensors: expected the 12 tensors that config\.json describes, got none for 1 of them: model\.norm\.weight\. Use/,
    ],
    [
      "a missing head",
      { "lm_head.weight": undefined },
      "format",
      /lm_head\.weight \(config\.json has tie_word_embeddings false\)/,
    ],
    [
      "a bias",
      { "model.layers.0.self_attn.q_proj.bias": { shape: [24] } },
      "format",
      /expected only the tensors that config\.json describes for llama models, got 1 more: model\.layers\.0\.self_attn\.q_proj\.bias \(config\.json has attention_bias false\)/,
    ],
    [
      "a shape",
      { "model.norm.weight": { shape: [9] } },
      "format",
      /'model\.norm\.weight': expected shape \[8\] by config\.json \(hidden_size\), got \[9\]/,
    ],
    ["a rank", { "model.norm.weight": { shape: [8, 1] } }, "format", /got \[8, 1\]/],
    ["an integer weight", { "model.norm.weight": { dtype: "I8" } }, "unsupported", /expected one of F32.* got I8/],
  ])("refuses %s", (_, changes, code, message) => {
    expect(() => checkWeights(config, weights(changes))).toThrow(
      expect.objectContaining({ name: "EngineError", code, message: expect.stringMatching(message) as string }),
    );
  });

  it("names a few and counts the rest", () => {
    expect(() => checkWeights({ ...config, layers: 3 }, weights())).toThrow(
      /^model\.safetensors: .* got none for 18 of them: model\.layers\.1\.input_layernorm\.weight, .* and 14 more \(config\.json has num_hidden_layers 3\)\./,
    );
  });
});
