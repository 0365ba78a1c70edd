// Gemma, first generation: norms with weight + 1, embeddings times sqrt(d), GeGLU in the tanh form, a head_dim independent of d, a tied head.
import type { ConfigFields } from "../configFields.ts";
import { expectActivation, expectOff, type FamilyFile, LLAMA_NAMES, readTokens, readWidths } from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig, NO_BIASES } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

const TANH = "gelu_pytorch_tanh";

/**
 * Defaults are those of transformers' GemmaConfig. hidden_activation is the newer field. The first files on the hub have only hidden_act
 * "gelu", for weights that were trained with the tanh form, so "gelu" means that form here.
 */
function readConfig(fields: ConfigFields): ModelConfig {
  if (!fields.isNull("hidden_activation")) expectActivation(fields, "hidden_activation", TANH, [TANH]);
  expectActivation(fields, "hidden_act", TANH, [TANH, "gelu", "gelu_new"]);
  expectOff(fields, "use_bidirectional_attention");
  const attention = fields.boolean("attention_bias", false);
  const widths = readWidths(fields, { kvHeads: 16, headDim: 256 });
  const context = fields.positions("max_position_embeddings", 8192);
  return {
    family: "gemma",
    modelType: "gemma",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [2], [1]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope: readRope(fields, { headDim: widths.headDim, context }),
    tiedHead: fields.boolean("tie_word_embeddings", true),
    glu: true,
    design: {
      ...LLAMA_DESIGN,
      normShift: 1,
      activation: "gelu_tanh",
      biases: { ...NO_BIASES, qkv: attention, o: attention },
      embeddingScale: Math.sqrt(widths.dModel),
    },
  };
}

export const GEMMA: FamilyFile = {
  names: LLAMA_NAMES,
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
