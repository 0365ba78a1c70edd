// Gemma 3's language model: Gemma's blocks with norms around both branches and over heads, and windows in most blocks, whose RoPE has another base.
import type { ConfigFields } from "../configFields.ts";
import {
  expectActivation,
  expectNone,
  expectOff,
  type FamilyFile,
  LLAMA_NAMES,
  readTokens,
  readWidths,
} from "./family.ts";
import { AROUND_NAMES, gemmaDesign, readAlternation, readWindow } from "./gemmaBlocks.ts";
import type { ModelConfig } from "../modelConfig.ts";
import { readRopeOfLayers } from "../ropeConfig.ts";

const TANH = "gelu_pytorch_tanh";
const DEFAULT_WINDOW = 4096;
const DEFAULT_PATTERN = 6;
const THETAS = { full: 1_000_000, sliding: 10_000 };

/** Defaults are those of transformers' Gemma3TextConfig. Softcaps, which no published Gemma 3 has, are refused. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_activation", TANH, [TANH]);
  expectOff(fields, "use_bidirectional_attention");
  expectNone(fields, "attn_logit_softcapping");
  expectNone(fields, "final_logit_softcapping");
  const attention = fields.boolean("attention_bias", false);
  const widths = readWidths(fields, { kvHeads: 4, headDim: 256 });
  const context = fields.positions("max_position_embeddings", 131_072);
  const ropes = readRopeOfLayers(fields, { headDim: widths.headDim, context, thetas: THETAS });
  const window = readWindow(fields, DEFAULT_WINDOW);
  const layers = fields.count("num_hidden_layers");
  const pattern = fields.count("sliding_window_pattern", DEFAULT_PATTERN);
  const slides = readAlternation(fields, layers, pattern);
  return {
    family: "gemma3_text",
    modelType: "gemma3_text",
    layers,
    ...widths,
    ...readTokens(fields, [2], [1]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope: ropes.full,
    attention: slides.map((one) => (one ? { rope: ropes.sliding, window } : { rope: ropes.full })),
    attentionScale: fields.positive("query_pre_attn_scalar", 256) ** -0.5,
    tiedHead: fields.boolean("tie_word_embeddings", true),
    glu: true,
    design: { ...gemmaDesign(widths.dModel, attention), qkNorm: true },
  };
}

export const GEMMA3: FamilyFile = {
  names: { ...LLAMA_NAMES, ...AROUND_NAMES, qNorm: "self_attn.q_norm", kNorm: "self_attn.k_norm" },
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
