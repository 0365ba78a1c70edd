// config.json of models that people use today, by name: what decides about their mathematics, and their published number of parameters.
import { expect, it } from "vitest";
import { countParameters, readConfigWithNotes } from "../config.ts";
import { PUBLIC_MODELS } from "../publicModels.fixture.ts";

const common = { attention_bias: false, attention_dropout: 0, hidden_act: "silu", rms_norm_eps: 1e-6, use_cache: true };

const QWEN25 = {
  ...common,
  ...{ model_type: "qwen2", hidden_size: 896, intermediate_size: 4864, num_hidden_layers: 24, vocab_size: 151_936 },
  ...{ num_attention_heads: 14, num_key_value_heads: 2, max_position_embeddings: 32_768, rope_theta: 1e6 },
  ...{ max_window_layers: 24, sliding_window: 32_768, use_sliding_window: false, use_mrope: false },
  ...{ attention_bias: undefined, tie_word_embeddings: true },
};
const SMOLLM3 = {
  ...common,
  ...{
    model_type: "smollm3",
    hidden_size: 2048,
    intermediate_size: 11_008,
    num_hidden_layers: 36,
    vocab_size: 128_256,
  },
  ...{ num_attention_heads: 16, num_key_value_heads: 4, max_position_embeddings: 65_536, rope_theta: 5e6 },
  ...{ no_rope_layer_interval: 4, use_sliding_window: false, sliding_window: null, tie_word_embeddings: true },
};
const GRANITE31 = {
  ...common,
  ...{ model_type: "granite", hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 40, vocab_size: 49_155 },
  ...{ num_attention_heads: 32, num_key_value_heads: 8, max_position_embeddings: 131_072, rope_theta: 5e6 },
  ...{ embedding_multiplier: 12, residual_multiplier: 0.22, attention_multiplier: 0.015625, logits_scaling: 8 },
  ...{ rms_norm_eps: 1e-5, mlp_bias: false, tie_word_embeddings: true },
};
const OLMO2 = {
  ...common,
  ...{ model_type: "olmo2", hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 16, vocab_size: 100_352 },
  ...{ num_attention_heads: 16, num_key_value_heads: 16, max_position_embeddings: 4096, rope_theta: 5e5 },
  ...{ tie_word_embeddings: false },
};
const GEMMA3 = {
  ...common,
  ...{
    model_type: "gemma3_text",
    hidden_size: 1152,
    intermediate_size: 6912,
    num_hidden_layers: 26,
    vocab_size: 262_144,
  },
  ...{
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 256,
    max_position_embeddings: 32_768,
    hidden_act: undefined,
  },
  ...{ hidden_activation: "gelu_pytorch_tanh", query_pre_attn_scalar: 256, sliding_window: 512, rope_scaling: null },
  ...{ rope_theta: 1e6, rope_local_base_freq: 1e4, sliding_window_pattern: 6, final_logit_softcapping: null },
};
const GEMMA2 = {
  ...common,
  ...{ model_type: "gemma2", hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26, vocab_size: 256_000 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, max_position_embeddings: 8192 },
  ...{ hidden_act: "gelu_pytorch_tanh", hidden_activation: "gelu_pytorch_tanh", query_pre_attn_scalar: 256 },
  ...{ sliding_window: 4096, attn_logit_softcapping: 50, final_logit_softcapping: 30, cache_implementation: "hybrid" },
};
const factors = (value: number): number[] => new Array<number>(48).fill(value);
const PHI4 = {
  ...common,
  ...{ model_type: "phi3", hidden_size: 3072, intermediate_size: 8192, num_hidden_layers: 32, vocab_size: 200_064 },
  ...{ num_attention_heads: 24, num_key_value_heads: 8, max_position_embeddings: 131_072, sliding_window: 262_144 },
  ...{ original_max_position_embeddings: 4096, partial_rotary_factor: 0.75, rms_norm_eps: 1e-5, rope_theta: 1e4 },
  ...{ rope_scaling: { type: "longrope", short_factor: factors(1), long_factor: factors(2) } },
  ...{ attention_bias: undefined, resid_pdrop: 0, embd_pdrop: 0, mlp_bias: undefined, tie_word_embeddings: true },
};

it.each<[string, object, number, object]>([
  ["Llama-3.2-1B", PUBLIC_MODELS.llama32, 1_235_814_400, { family: "llama", rope: { scaling: { type: "llama3" } } }],
  ["Qwen2.5-0.5B", QWEN25, 494_032_768, { family: "qwen2", design: { biases: { qkv: true, o: false } } }],
  ["SmolLM3-3B", SMOLLM3, 3_075_098_624, { rope: { theta: 5e6 } }],
  ["Granite-3.1-2B", GRANITE31, 2_533_531_648, { attentionScale: 1 / 64, logitsScale: 1 / 8 }],
  ["OLMo-2-1B", OLMO2, 1_484_916_736, { design: { normPlace: "branch" } }],
  ["Gemma-3-1B", GEMMA3, 999_885_952, { attentionScale: 1 / 16, headDim: 256 }],
  ["Gemma-2-2B", GEMMA2, 2_614_341_888, { attentionCap: 50, logitsCap: 30 }],
  ["Phi-4-mini", PHI4, 3_836_021_760, { rope: { share: 0.75, scaling: { originalContext: 4096 } } }],
])("%s: opens without a note, with its number of parameters", (_, json, parameters, expected) => {
  const { config, notes } = readConfigWithNotes(json);
  expect([notes, countParameters(config).total]).toEqual([[], parameters]);
  expect(config).toMatchObject(expected);
});
