// Qwen3 (dense): LLaMA's blocks with an RMSNorm over every head of q and k, and head_dim independent of d.
import type { ConfigFields } from "../configFields.ts";
import {
  expectActivation,
  expectFullAttention,
  type FamilyFile,
  LLAMA_NAMES,
  readTokens,
  readWidths,
  SILU,
} from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig, NO_BIASES } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

/** Defaults are those of transformers' Qwen3Config. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const layers = fields.count("num_hidden_layers");
  expectFullAttention(fields, layers);
  const attention = fields.boolean("attention_bias", false);
  const widths = readWidths(fields, { kvHeads: 32, headDim: 128 });
  const context = fields.positions("max_position_embeddings", 32_768);
  return {
    family: "qwen3",
    modelType: "qwen3",
    layers,
    ...widths,
    ...readTokens(fields),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope: readRope(fields, { headDim: widths.headDim, context }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: { ...LLAMA_DESIGN, qkNorm: true, biases: { ...NO_BIASES, qkv: attention, o: attention } },
  };
}

export const QWEN3: FamilyFile = {
  names: { ...LLAMA_NAMES, qNorm: "self_attn.q_norm", kNorm: "self_attn.k_norm" },
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
