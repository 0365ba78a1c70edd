// Each family's config.json: goldens, spellings of the hub, transformers' defaults, refusals; and its tensor names.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { blockTensors, tensorGates } from "../../masks/tensorGates.ts";
import { readConfig, readConfigWithNotes } from "../config.ts";
import { FAMILIES } from "./families.ts";
import { fusedNames } from "../../formats/safetensors/fused.ts";
import { LLAMA_DESIGN, ropesOf } from "../modelConfig.ts";
import { modelTensors } from "../tensors.ts";

const golden = async (name: string) => readConfig(JSON.parse(await readFile(`golden/${name}/config.json`, "utf8")));

const sizes = { vocab_size: 100, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4 };
const glu = { ...sizes, intermediate_size: 64 };
const mistral = { ...glu, model_type: "mistral", num_key_value_heads: 2 };
const gemma = { ...glu, model_type: "gemma", num_key_value_heads: 1 };
const qwen2 = { ...glu, model_type: "qwen2", num_key_value_heads: 2 };
const qwen3 = { ...qwen2, model_type: "qwen3" };
const opt = { ...sizes, model_type: "opt", ffn_dim: 64 };
const phi = { ...glu, model_type: "phi" };
const gemma3 = { ...glu, model_type: "gemma3_text", num_key_value_heads: 2 };
const phi3 = { ...glu, model_type: "phi3" };
const gemma2 = { ...glu, model_type: "gemma2", num_key_value_heads: 2 };
const granite = { ...glu, model_type: "granite" };
const olmo2 = { ...glu, model_type: "olmo2" };
const smollm3 = { ...glu, model_type: "smollm3", num_key_value_heads: 2 };
const NONE = LLAMA_DESIGN.biases;

describe("llama", () => {
  it("has the biases that config.json asks for", () => {
    const biased = readConfig({ ...glu, model_type: "llama", attention_bias: true, mlp_bias: true });
    expect(biased.design.biases).toEqual({ qkv: true, o: true, mlp: true, head: false });
  });
});

describe("mistral", () => {
  it("reads the window; null is none, a missing one is transformers' 4,096", async () => {
    expect(await golden("mistral")).toMatchObject({ family: "mistral", window: 32, design: LLAMA_DESIGN });
    expect("window" in readConfig({ ...mistral, sliding_window: null })).toBe(false);
    expect(readConfig(mistral).window).toBe(4096);
    expect(readConfig({ ...mistral, layer_types: ["sliding_attention", "sliding_attention"] }).window).toBe(4096);
  });

  it("has transformers' 8 key/value heads if the field is missing, and the number of heads if it is null", () => {
    expect(
      readConfig({ ...mistral, num_attention_heads: 16, head_dim: 4, num_key_value_heads: undefined }).kvHeads,
    ).toBe(8);
    expect(readConfig({ ...mistral, num_key_value_heads: null }).kvHeads).toBe(4);
  });
});

describe("gemma", () => {
  it("scales embeddings, shifts norms, ties the head", async () => {
    const config = await golden("gemma");
    expect(config).toMatchObject({ headDim: 24, kvHeads: 1, tiedHead: true, glu: true });
    expect(config.design).toEqual({ ...LLAMA_DESIGN, normShift: 1, activation: "gelu_tanh", embeddingScale: 8 });
    expect(readConfig(gemma)).toMatchObject({ headDim: 256, context: 8192, eosTokens: [1], bosToken: 2 });
  });

  it("takes the first files' hidden_act 'gelu' for the tanh form that the weights were trained with", () => {
    const first = readConfig({ ...gemma, hidden_act: "gelu", hidden_activation: null });
    expect(first.design.activation).toBe("gelu_tanh");
  });
});

describe("qwen", () => {
  it("2 has biases on q, k and v", async () => {
    const config = await golden("qwen2");
    expect(config).toMatchObject({ tiedHead: true, context: 256, rope: { theta: 10000 } });
    expect(config.design).toEqual({ ...LLAMA_DESIGN, biases: { ...NONE, qkv: true } });
    const hub = readConfig({ ...qwen2, rope_theta: 1e6, use_sliding_window: false, sliding_window: 32768 });
    expect([hub.rope, hub.window]).toEqual([{ theta: 1e6 }, undefined]);
    // The window begins at layer 28 of 2.
    expect(readConfig({ ...qwen2, use_sliding_window: true }).window).toBeUndefined();
  });

  it("3 has norms over heads, and head_dim 128 if it is missing", async () => {
    const config = await golden("qwen3");
    expect([config.headDim, config.design]).toEqual([24, { ...LLAMA_DESIGN, qkNorm: true }]);
    expect(readConfig(qwen3).headDim).toBe(128);
    expect(readConfig({ ...qwen3, attention_bias: true }).design.biases).toEqual({ ...NONE, qkv: true, o: true });
  });
});

describe("opt", () => {
  it("has learned positions, ReLU and biases", async () => {
    const config = await golden("opt");
    expect(config).toMatchObject({ dModel: 64, dMlp: 160, heads: 4, kvHeads: 4, headDim: 16, glu: false });
    expect("rope" in config || "embeddingWidth" in config).toBe(false);
    expect(config.design).toMatchObject({ norm: "layer", normPlace: "before", finalNorm: true, activation: "relu" });
    expect(config.design.biases).toEqual({ qkv: true, o: true, mlp: true, head: false });
  });

  it("350m has norms after the adds, none at the end, and narrower embeddings", async () => {
    const config = await golden("opt350");
    expect(config).toMatchObject({ embeddingWidth: 32, design: { normPlace: "after", finalNorm: false } });
    const names = new Map(modelTensors(config).map(({ name, shape }) => [name, shape]));
    expect(names.get("model.decoder.embed_tokens.weight")).toEqual([512, 32]);
    expect(names.get("model.decoder.project_in.weight")).toEqual([64, 32]);
    expect(names.get("model.decoder.project_out.weight")).toEqual([32, 64]);
    expect(names.get("model.decoder.embed_positions.weight")).toEqual([258, 64]);
    expect(names.has("model.decoder.final_layer_norm.weight")).toBe(false);
  });

  it("runs without biases and with GELU, like Galactica", () => {
    const galactica = readConfig({ ...opt, enable_bias: false, activation_function: "gelu" });
    expect(galactica.design).toMatchObject({ biases: NONE, activation: "gelu" });
  });
});

describe("phi", () => {
  it("reads one norm, part of RoPE and a head with a bias", async () => {
    const config = await golden("phi");
    expect(config).toMatchObject({ rope: { theta: 10000, share: 0.5 }, glu: false, tiedHead: false });
    expect(config.design).toMatchObject({ normPlace: "parallel", activation: "gelu_tanh", biases: { head: true } });
    expect(modelTensors(config).map(({ name }) => name)).toContain("lm_head.bias");
  });

  it("reads the rotary share in both spellings", () => {
    expect(readConfig(phi).rope?.share).toBe(0.5);
    expect(readConfig({ ...phi, partial_rotary_factor: 0.25 }).rope?.share).toBe(0.25);
    const both = { ...phi, partial_rotary_factor: 0.5, rope_parameters: { partial_rotary_factor: 0.25 } };
    expect(readConfig(both).rope?.share).toBe(0.25);
    expect(readConfig({ ...phi, partial_rotary_factor: 1 }).rope).toEqual({ theta: 10000 });
  });
});

describe("smollm3", () => {
  it("rotates where no_rope_layers is 1, or in all but every fourth block", async () => {
    const config = await golden("smollm3");
    expect(config.attention).toEqual([{ rope: { theta: 2e6 } }, {}]);
    const five = readConfig({ ...smollm3, num_hidden_layers: 5, no_rope_layer_interval: undefined });
    expect(five.attention?.map(({ rope }) => rope !== undefined)).toEqual([true, true, true, false, true]);
    expect(ropesOf(five)).toEqual([five.rope]);
  });
});

describe("granite", () => {
  it("divides the residual stream by residual_multiplier, which no norm notices", async () => {
    const config = await golden("granite");
    expect(config).toMatchObject({ streamScale: 0.3, attentionScale: 0.1, logitsScale: 0.25 });
    expect([config.design.embeddingScale, config.normEps]).toEqual([6 / 0.3, 1e-5 / 0.3 ** 2]);
    expect(readConfig(granite)).toMatchObject({ streamScale: 1, attentionScale: 1, logitsScale: 1, normEps: 1e-6 });
  });
});

describe("olmo2", () => {
  it("has norms after the branches, and over all heads of q and k", async () => {
    const config = await golden("olmo2");
    expect(config.design).toMatchObject({ normPlace: "branch", qkNorm: true, qkNormOfAllHeads: true });
    const shapes = new Map(modelTensors(config).map(({ name, shape }) => [name, shape]));
    expect(shapes.get("model.layers.1.self_attn.k_norm.weight")).toEqual([24]);
    expect(shapes.has("model.layers.1.input_layernorm.weight")).toBe(false);
  });
});

describe("gemma3_text", () => {
  const sliding = { rope: { theta: 1e4 }, window: 4096 };

  it("has windows with a RoPE of their own, by layer_types or in all but every sixth block", async () => {
    const config = await golden("gemma3_text");
    const full = { theta: 1e6, scaling: { type: "linear", factor: 2 } };
    expect(config.attention).toEqual([{ rope: { theta: 1e4 }, window: 11 }, { rope: full }]);
    expect(config.design).toMatchObject({ normPlace: "around", normShift: 1, qkNorm: true });
    const six = readConfig({ ...gemma3, num_hidden_layers: 6 });
    expect(six.attention).toEqual([...Array.from({ length: 5 }, () => sliding), { rope: { theta: 1e6 } }]);
    expect(six.attentionScale).toBe(1 / 16);
  });

  it("reads the older spelling of its bases, scaling and pattern", () => {
    const scaling = { rope_type: "linear", factor: 8 };
    const older = { rope_theta: 5e5, rope_local_base_freq: 2e4, rope_scaling: scaling, sliding_window_pattern: 2 };
    const { attention } = readConfig({ ...gemma3, ...older });
    const full = { rope: { theta: 5e5, scaling: { type: "linear", factor: 8 } } };
    expect(attention).toEqual([{ rope: { theta: 2e4 }, window: 4096 }, full]);
    expect(readConfigWithNotes({ ...gemma3, ...older }).notes).toEqual([]);
  });
});

describe("phi3", () => {
  it("stores q, k, v and gate, up in one matrix each, and scales RoPE by longrope, however it is called", async () => {
    const config = await golden("phi3");
    expect(config).toMatchObject({
      window: 20,
      rope: { share: 0.75, scaling: { type: "longrope", originalContext: 48 } },
    });
    expect(fusedNames(config).slice(0, 2)).toEqual([
      "model.layers.0.self_attn.qkv_proj.weight",
      "model.layers.0.mlp.gate_up_proj.weight",
    ]);
    const factors = { short_factor: [1, 1, 1, 1], long_factor: [2, 2, 2, 2] };
    const su = readConfig({ ...phi3, max_position_embeddings: 8192, rope_scaling: { type: "su", ...factors } });
    expect(su.rope?.scaling).toMatchObject({ type: "longrope", originalContext: 4096 });
    expect(readConfig(phi3).rope).toEqual({ theta: 1e4 });
  });
});

describe("gemma2", () => {
  it("has softcaps, and a window in every second block; null is no cap", async () => {
    const config = await golden("gemma2");
    expect(config).toMatchObject({ attentionCap: 1.5, logitsCap: 4, design: { normPlace: "around", qkNorm: false } });
    expect(readConfig(gemma2)).toMatchObject({ attentionCap: 50, logitsCap: 30, attentionScale: 1 / 16 });
    expect(readConfig(gemma2).attention?.map(({ window }) => window)).toEqual([4096, undefined]);
    const plain = readConfig({ ...gemma2, attn_logit_softcapping: null, final_logit_softcapping: null });
    expect("attentionCap" in plain || "logitsCap" in plain).toBe(false);
  });
});

describe("variants that the engine does not run", () => {
  it.each<[string, object, RegExp]>([
    [
      "Gemma with another activation",
      { ...gemma, hidden_activation: "silu" },
      /hidden_activation: expected "gelu_pytorch_tanh" for gemma, got "silu"/,
    ],
    [
      "Gemma in both directions",
      { ...gemma, use_bidirectional_attention: true },
      /use_bidirectional_attention: expected false for gemma, got true/,
    ],
    [
      "Qwen2 with windows",
      { ...qwen2, use_sliding_window: true, max_window_layers: 1 },
      /use_sliding_window: expected false for qwen2, got true/,
    ],
    [
      "Qwen3 with windows",
      { ...qwen3, layer_types: ["sliding_attention"] },
      /layer_types: expected "full_attention" in every layer/,
    ],
    [
      "OPT with another activation",
      { ...opt, activation_function: "silu" },
      /expected one of relu, gelu, gelu_new, got "silu"/,
    ],
    ["OPT without affine norms", { ...opt, layer_norm_elementwise_affine: false }, /layer_norm_elementwise_affine/],
    ["OPT of uneven heads", { ...opt, num_attention_heads: 5 }, /expected a divisor of hidden_size 32, got 5/],
    ["Phi with norms on q and k", { ...phi, qk_layernorm: true }, /qk_layernorm: expected false for phi, got true/],
    ["Phi that rotates too much", { ...phi, partial_rotary_factor: 1.5 }, /expected at most 1 for phi, got 1.5/],
    [
      "Phi that rotates 3 of 8 dimensions",
      { ...phi, rope_parameters: { partial_rotary_factor: 0.4 } },
      /rope_parameters.partial_rotary_factor: expected a share that rotates an even number of each head's 8 .* got 0.4/,
    ],
    [
      "OLMo 2 with grouped heads",
      { ...olmo2, num_key_value_heads: 2 },
      /num_key_value_heads: expected num_attention_heads 4/,
    ],
    [
      "Granite without branches",
      { ...granite, residual_multiplier: 0 },
      /residual_multiplier: expected a positive number/,
    ],
    ["Gemma 3 with a softcap", { ...gemma3, final_logit_softcapping: 30 }, /final_logit_softcapping: expected null/],
    ["Gemma 3 without a window", { ...gemma3, sliding_window: null }, /sliding_window: expected a positive integer/],
    ["Gemma 3 with one RoPE", { ...gemma3, rope_parameters: { rope_theta: 1e4 } }, /rope_parameters.rope_theta/],
    [
      "Phi-3 with another scaling",
      { ...phi3, rope_scaling: { type: "linear", factor: 2 } },
      /rope_type: expected longrope/,
    ],
    ["SmolLM3 with windows", { ...smollm3, use_sliding_window: true, sliding_window: 64 }, /use_sliding_window/],
    ["SmolLM3 without a list for every layer", { ...smollm3, no_rope_layers: [1] }, /no_rope_layers: expected a list/],
    ["a share for Mistral", { ...mistral, partial_rotary_factor: 0.5 }, /expected 1 for mistral, got 0.5/],
  ])("refuses %s", (_, json, message) => {
    expect(() => readConfig(json)).toThrow(message);
  });
});

it.each(Object.keys(FAMILIES))(
  "%s: masks find every linear weight of a block, and the biases of what they cut",
  async (name) => {
    const config = await golden(name);
    const tensors = modelTensors(config);
    const blocks = tensors.filter(({ part }) => part === "blocks");
    expect(blockTensors(config).map((tensor) => tensor.name)).toEqual(blocks.map((tensor) => tensor.name));
    for (const { name: tensor, part } of tensors) {
      const gates = tensorGates(config.family, tensor);
      if (part === "blocks") expect([gates?.rows, gates?.cols], tensor).not.toEqual([undefined, undefined]);
      else if (part === "biases") expect(gates?.rows !== undefined, tensor).toBe(!/[qkv]_proj/.test(tensor));
      else expect(gates, tensor).toBeUndefined();
    }
  },
);
