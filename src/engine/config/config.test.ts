// Reading config.json: goldens in both spellings, transformers' defaults, and the message of every refusal.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { countParameters, readConfig, readConfigWithNotes } from "./config.ts";
import { LLAMA_DESIGN } from "./modelConfig.ts";

const load = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, "utf8"));

const minimal = {
  model_type: "llama",
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

describe("readConfig", () => {
  it("reads the golden llama (hub spelling)", async () => {
    expect(readConfig(await load("golden/llama/config.json"))).toEqual({
      family: "llama",
      modelType: "llama",
      layers: 3,
      dModel: 64,
      heads: 4,
      kvHeads: 2,
      headDim: 16,
      dMlp: 176,
      vocab: 512,
      context: 256,
      normEps: 1e-5,
      rope: { theta: 10000 },
      tiedHead: true,
      glu: true,
      design: LLAMA_DESIGN,
      bosToken: 0,
      eosTokens: [1],
    });
  });

  it("reads the golden llama3 (scaled RoPE, a head of its own)", async () => {
    const config = readConfig(await load("golden/llama3/config.json"));
    expect(config.rope).toEqual({
      theta: 500000,
      scaling: { type: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 64 },
    });
    expect(config.tiedHead).toBe(false);
  });

  it("reads the embedded model (transformers 5) and counts its parameters", async () => {
    const config = readConfig(await load("public/model/config.json"));
    expect(config).toMatchObject({
      layers: 8,
      dModel: 192,
      heads: 6,
      kvHeads: 2,
      headDim: 32,
      dMlp: 512,
      context: 512,
    });
    expect(countParameters(config)).toEqual({
      blocks: 3_145_728,
      embeddings: 393_216,
      head: 0,
      norms: 3_264,
      biases: 0,
      total: 3_542_208,
    });
    expect(countParameters({ ...config, tiedHead: false }).total).toBe(3_542_208 + 393_216);
  });

  it("fills in what transformers would", () => {
    expect(readConfig(minimal)).toMatchObject({
      kvHeads: 4,
      headDim: 8,
      normEps: 1e-6,
      context: 2048,
      rope: { theta: 10000 },
      tiedHead: false,
      bosToken: 1,
      eosTokens: [2],
    });
    expect(readConfig({ ...minimal, head_dim: null, num_key_value_heads: null }).headDim).toBe(8);
    expect(readConfig({ ...minimal, hidden_size: 30, head_dim: 12 }).headDim).toBe(12);
  });

  it("takes one, several or no special tokens", () => {
    expect(readConfig({ ...minimal, eos_token_id: [3, 5] }).eosTokens).toEqual([3, 5]);
    expect(readConfig({ ...minimal, eos_token_id: 7 }).eosTokens).toEqual([7]);
    const none = readConfig({ ...minimal, eos_token_id: null, bos_token_id: null });
    expect([none.eosTokens, "bosToken" in none]).toEqual([[], false]);
  });

  it("leaves out special tokens that are not in the vocabulary, with a note", () => {
    const ids = { bos_token_id: -1, eos_token_id: [2, 100], pad_token_id: -1 };
    const { config, notes } = readConfigWithNotes({ ...minimal, ...ids });
    expect(["bosToken" in config, config.eosTokens]).toEqual([false, [2]]);
    expect(notes).toEqual([
      "config.json: bos_token_id: expected ids from 0 to 99, got -1. No token has this id, so it is ignored.",
      "config.json: eos_token_id: expected ids from 0 to 99, got 100. No token has this id, so it is ignored.",
      "config.json: pad_token_id: expected ids from 0 to 99, got -1. No token has this id, so it is ignored.",
    ]);
  });

  it("reads RoPE in either spelling, and its older key", () => {
    const rope = (extra: object) => readConfig({ ...minimal, ...extra }).rope;
    const scaled = rope({ rope_theta: 5e5, rope_scaling: llama3 });
    expect(rope({ rope_parameters: { ...llama3, rope_theta: 5e5 } })).toEqual(scaled);
    expect(rope({ rope_theta: 5e5, rope_parameters: { ...llama3, rope_theta: 5e5 } })).toEqual(scaled);
    const { rope_type: type, ...settings } = llama3;
    expect(rope({ rope_theta: 5e5, rope_scaling: { ...settings, type } })).toEqual(scaled);
    expect(rope({ rope_parameters: { rope_type: "default" } })).toEqual({ theta: 10000 });
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      "another family",
      { model_type: "mamba" },
      "unsupported",
      /^config\.json: model_type: expected one of llama, mistral, gemma, qwen2, qwen3, opt, phi, smollm3, granite, olmo2, gemma3_text, phi3, gemma2, got "mamba"\. Choose/,
    ],
    ["no family", { vocab_size: 3 }, "config", /model_type: expected a string, got nothing/],
    ["a list", [], "config", /expected an object, got \[\]/],
    [
      "a quantised model",
      { ...minimal, quantization_config: { quant_method: "gptq" } },
      "unsupported",
      /quantization_config: expected no quantisation, got "gptq"/,
    ],
    [
      "a model of MLX",
      { ...minimal, quantization: { group_size: 64, bits: 4 } },
      "unsupported",
      /quantization: expected no quantisation, got "an unnamed method"\. Take the version of the model in F32/,
    ],
    [
      "a remnant of bitsandbytes",
      { ...minimal, quantization_config: { load_in_4bit: true } },
      "unsupported",
      /got "bitsandbytes"\. .* If the weights already are floats and the field is a remnant, remove it/,
    ],
    [
      "a compact export",
      { ...minimal, model_type: "espalier_llama" },
      "unsupported",
      /open the model that it was made of/,
    ],
    [
      "another activation",
      { ...minimal, hidden_act: "gelu" },
      "config",
      /hidden_act: expected "silu" or "swish" for llama, got "gelu"/,
    ],
    [
      "a missing width",
      { ...minimal, hidden_size: undefined },
      "config",
      /hidden_size: expected a positive integer, got nothing/,
    ],
    ["a width in words", { ...minimal, hidden_size: "64" }, "config", /hidden_size: .* got "64"/],
    ["half a layer", { ...minimal, num_hidden_layers: 1.5 }, "config", /num_hidden_layers: .* got 1.5/],
    ["no layer", { ...minimal, num_hidden_layers: 0 }, "config", /num_hidden_layers: .* got 0/],
    [
      "KV heads",
      { ...minimal, num_key_value_heads: 3 },
      "config",
      /expected a divisor of num_attention_heads 4, got 3/,
    ],
    ["an uneven width", { ...minimal, hidden_size: 34 }, "config", /expected a divisor of hidden_size 34, .* got 4/],
    [
      "a head_dim that is not a multiple of 4",
      { ...minimal, head_dim: 6 },
      "unsupported",
      /head_dim: expected a multiple of 4, .* got 6/,
    ],
    ["an odd head", { ...minimal, head_dim: 7 }, "config", /head_dim: expected an even number, .* got 7/],
    ["epsilon", { ...minimal, rms_norm_eps: -1 }, "config", /rms_norm_eps: expected a positive number, got -1/],
    ["a flag in words", { ...minimal, tie_word_embeddings: "yes" }, "config", /expected true or false, got "yes"/],
    ["a token in words", { ...minimal, eos_token_id: [2, "3"] }, "config", /eos_token_id: expected whole numbers/],
    ["no flag at all", { ...minimal, tie_word_embeddings: null }, "config", /expected true or false, got null/],
    ["no epsilon at all", { ...minimal, rms_norm_eps: null }, "config", /rms_norm_eps: .* got null/],
    [
      "another RoPE",
      { ...minimal, rope_scaling: { type: "mrope" } },
      "unsupported",
      /rope_scaling\.rope_type: expected one of default, linear, dynamic, yarn, longrope, llama3, got "mrope"\. Choose/,
    ],
    [
      "half a scaling",
      { ...minimal, rope_scaling: { ...llama3, factor: null } },
      "config",
      /rope_scaling\.factor: expected a positive number, got null/,
    ],
    [
      "bands",
      { ...minimal, rope_scaling: { ...llama3, high_freq_factor: 1 } },
      "config",
      /high_freq_factor: expected more than low_freq_factor 1, got 1/,
    ],
    [
      "partial RoPE",
      { ...minimal, rope_parameters: { partial_rotary_factor: 0.5 } },
      "config",
      /partial_rotary_factor/,
    ],
    ["a RoPE in words", { ...minimal, rope_scaling: "llama3" }, "config", /rope_scaling: expected an object/],
  ])("refuses %s", (_, json, code, message) => {
    expect(() => readConfig(json)).toThrow(
      expect.objectContaining({ name: "EngineError", code, message: expect.stringMatching(message) as string }),
    );
  });
});
