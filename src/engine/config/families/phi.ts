// Phi 1, 1.5 and 2: one LayerNorm whose output both attention and MLP read, RoPE on part of each head, biases everywhere, gelu_new.
import type { ConfigFields } from "../configFields.ts";
import { expectActivation, expectOff, type FamilyFile, readTokens, readWidths } from "./family.ts";
import type { ModelConfig } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

/** The part of each head that RoPE rotates. */
const DEFAULT_ROTARY_SHARE = 0.5;

/** Defaults are those of transformers' PhiConfig. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "gelu_new", ["gelu_new", "gelu_pytorch_tanh"]);
  expectOff(fields, "qk_layernorm");
  const widths = readWidths(fields);
  const context = fields.positions("max_position_embeddings", 2048);
  return {
    family: "phi",
    modelType: "phi",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [1], [2]),
    context,
    normEps: fields.epsilon("layer_norm_eps", 1e-5),
    rope: readRope(fields, { headDim: widths.headDim, context, defaultShare: DEFAULT_ROTARY_SHARE }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: false,
    design: {
      norm: "layer",
      normShift: 0,
      normPlace: "parallel",
      finalNorm: true,
      activation: "gelu_tanh",
      biases: { qkv: true, o: true, mlp: true, head: true },
      qkNorm: false,
      embeddingScale: 1,
    },
  };
}

export const PHI: FamilyFile = {
  names: {
    embedding: "model.embed_tokens",
    layers: "model.layers.",
    attentionNorm: "input_layernorm",
    q: "self_attn.q_proj",
    k: "self_attn.k_proj",
    v: "self_attn.v_proj",
    o: "self_attn.dense",
    ups: ["mlp.fc1"],
    down: "mlp.fc2",
    finalNorm: "model.final_layernorm",
    head: "lm_head",
  },
  harmless: ["resid_pdrop", "embd_pdrop", "attention_dropout", "initializer_range", "use_cache", "pad_token_id"],
  readConfig,
};
