// Granite 3: LLaMA's blocks with factors on the embedding, the scores, the branches and the logits.
import type { ConfigFields } from "../configFields.ts";
import { expectActivation, type FamilyFile, LLAMA_NAMES, readTokens, readWidths, SILU } from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig, NO_BIASES } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

/**
 * Defaults are those of transformers' GraniteConfig. A block adds r times each branch to the residual stream x, r = residual_multiplier. The
 * engine runs x / r instead: its branches join without a factor, its embeddings are divided by r, and its norms, which are what reads the
 * stream, give the same with eps / r^2.
 */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const attention = fields.boolean("attention_bias", false);
  const mlp = fields.boolean("mlp_bias", false);
  const widths = readWidths(fields);
  const context = fields.positions("max_position_embeddings", 2048);
  const residual = fields.positive("residual_multiplier", 1, FACTORS);
  return {
    family: "granite",
    modelType: "granite",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [1], [2]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6) / residual ** 2,
    rope: readRope(fields, { headDim: widths.headDim, context }),
    attentionScale: fields.positive("attention_multiplier", 1, FACTORS),
    logitsScale: 1 / fields.positive("logits_scaling", 1, FACTORS),
    streamScale: residual,
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: {
      ...LLAMA_DESIGN,
      biases: { ...NO_BIASES, qkv: attention, o: attention, mlp },
      embeddingScale: fields.positive("embedding_multiplier", 1, FACTORS) / residual,
    },
  };
}

/** Published models have 0.0078 to 16. */
const FACTORS = { min: 1e-4, max: 1e4 };

export const GRANITE: FamilyFile = {
  names: LLAMA_NAMES,
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
