// Phi-3, 3.5 and 4-mini: LLaMA's blocks with q, k and v in one matrix and gate and up in another, LongRoPE, part of each head rotated (4-mini).
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

const DEFAULT_CONTEXT = 4096;

/** Defaults are those of transformers' Phi3Config, which takes rope types "su" and "yarn" for longrope. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  const window = fields.isNull("sliding_window") || fields.get("sliding_window") === undefined;
  const size = window ? undefined : fields.count("sliding_window");
  expectLayers(fields, size === undefined ? "full_attention" : "sliding_attention");
  const widths = readWidths(fields);
  const context = fields.positions("max_position_embeddings", DEFAULT_CONTEXT);
  return {
    family: "phi3",
    modelType: "phi3",
    layers: fields.count("num_hidden_layers"),
    ...widths,
    ...readTokens(fields, [1], [32_000]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-5),
    rope: readRope(fields, {
      headDim: widths.headDim,
      context,
      defaultShare: 1,
      originalContext: DEFAULT_CONTEXT,
      longropeTypes: ["longrope", "su", "yarn"],
    }),
    ...(size === undefined ? {} : { window: size }),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    design: LLAMA_DESIGN,
  };
}

export const PHI3: FamilyFile = {
  names: LLAMA_NAMES,
  fused: [
    { name: "self_attn.qkv_proj", parts: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"] },
    { name: "mlp.gate_up_proj", parts: ["mlp.gate_proj", "mlp.up_proj"] },
  ],
  harmless: ["resid_pdrop", "embd_pdrop", "attention_dropout", "initializer_range", "use_cache", "pad_token_id"],
  readConfig,
};
