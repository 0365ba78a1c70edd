// Mistral 7B: LLaMA's blocks with a sliding window (Jiang et al. 2023, section 2).
import type { ConfigFields } from "../configFields.ts";
import {
  expectActivation,
  expectLayers,
  type FamilyFile,
  LLAMA_NAMES,
  readTokens,
  readWidths,
  SILU,
} from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

const DEFAULT_WINDOW = 4096;

/** Defaults are those of transformers' MistralConfig: a missing sliding_window means 4,096 keys, null means no window. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const window = fields.isNull("sliding_window") ? undefined : fields.count("sliding_window", DEFAULT_WINDOW);
  expectLayers(fields, window === undefined ? "full_attention" : "sliding_attention");
  const widths = readWidths(fields, { kvHeads: 8 });
  const context = fields.positions("max_position_embeddings", 32 * DEFAULT_WINDOW);
  return {
    family: "mistral",
    modelType: "mistral",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [1], [2]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope: readRope(fields, { headDim: widths.headDim, context }),
    ...(window === undefined ? {} : { window }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: LLAMA_DESIGN,
  };
}

export const MISTRAL: FamilyFile = {
  names: LLAMA_NAMES,
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
