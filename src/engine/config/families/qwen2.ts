// Qwen2 and Qwen2.5: LLaMA's blocks with biases on q, k and v.
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

/** Defaults are those of transformers' Qwen2Config. A window in some of the layers is refused; no published model uses it. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const layers = fields.count("num_hidden_layers");
  expectFullAttention(fields, layers);
  const widths = readWidths(fields, { kvHeads: 32 });
  const context = fields.positions("max_position_embeddings", 32_768);
  return {
    family: "qwen2",
    modelType: "qwen2",
    layers,
    ...widths,
    ...readTokens(fields),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope: readRope(fields, { headDim: widths.headDim, context }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: { ...LLAMA_DESIGN, biases: { ...NO_BIASES, qkv: true } },
  };
}

export const QWEN2: FamilyFile = {
  names: LLAMA_NAMES,
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
