// The LLaMA family, 1 to 3: RMSNorm, RoPE (scaled from LLaMA 3.1 on), grouped heads, SwiGLU, and biases if config.json has them.
import type { ConfigFields } from "../configFields.ts";
import { expectActivation, type FamilyFile, LLAMA_NAMES, readTokens, readWidths, SILU } from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig, NO_BIASES } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

/** Defaults are those of transformers' LlamaConfig. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const attention = fields.boolean("attention_bias", false);
  const mlp = fields.boolean("mlp_bias", false);
  const widths = readWidths(fields);
  const context = fields.positions("max_position_embeddings", 2048);
  return {
    family: "llama",
    modelType: "llama",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [1], [2]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope: readRope(fields, { headDim: widths.headDim, context }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: { ...LLAMA_DESIGN, biases: { ...NO_BIASES, qkv: attention, o: attention, mlp } },
  };
}

export const LLAMA: FamilyFile = {
  names: LLAMA_NAMES,
  // pretraining_tp splits matrices without changing their product.
  harmless: ["initializer_range", "use_cache", "pad_token_id", "pretraining_tp", "attention_dropout"],
  readConfig,
};
