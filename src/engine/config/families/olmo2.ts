// OLMo 2: norms of the branches' outputs instead of their inputs, and norms over all of q and of k (OLMo et al. 2024, section 2).
import type { ConfigFields } from "../configFields.ts";
import {
  CHOOSE_ANOTHER_MODEL,
  expectActivation,
  type FamilyFile,
  LLAMA_NAMES,
  readTokens,
  readWidths,
  SILU,
} from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig, NO_BIASES } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

/** Defaults are those of transformers' Olmo2Config. The norms of q and k run for equally wide ones only, which 1B, 7B and 13B have. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const attention = fields.boolean("attention_bias", false);
  const widths = readWidths(fields);
  const { heads, kvHeads } = widths;
  if (kvHeads !== heads) {
    const remedy = CHOOSE_ANOTHER_MODEL;
    fields.refuseUnsupported("num_key_value_heads", `num_attention_heads ${heads} for olmo2`, { got: kvHeads, remedy });
  }
  const context = fields.positions("max_position_embeddings", 2048);
  return {
    family: "olmo2",
    modelType: "olmo2",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [], [50_279]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-5),
    rope: readRope(fields, { headDim: widths.headDim, context }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: {
      ...LLAMA_DESIGN,
      normPlace: "branch",
      qkNorm: true,
      qkNormOfAllHeads: true,
      biases: { ...NO_BIASES, qkv: attention, o: attention },
    },
  };
}

export const OLMO2: FamilyFile = {
  names: {
    ...LLAMA_NAMES,
    attentionNorm: "post_attention_layernorm",
    mlpNorm: "post_feedforward_layernorm",
    qNorm: "self_attn.q_norm",
    kNorm: "self_attn.k_norm",
  },
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
