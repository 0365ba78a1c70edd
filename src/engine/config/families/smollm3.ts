// SmolLM3: LLaMA's blocks, of which every fourth has no positions (NoPE, Yang et al. 2025).
import type { ConfigFields } from "../configFields.ts";
import {
  CHOOSE_ANOTHER_MODEL,
  expectActivation,
  expectLayers,
  expectOff,
  type FamilyFile,
  LLAMA_NAMES,
  readTokens,
  readWidths,
  SILU,
} from "./family.ts";
import { LLAMA_DESIGN, type ModelConfig, NO_BIASES } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

const DEFAULT_THETA = 2_000_000;
const DEFAULT_INTERVAL = 4;

/** Defaults are those of transformers' SmolLM3Config. Windows, which no published model has, are refused. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_act", "silu", SILU);
  expectOff(fields, "use_sliding_window");
  expectLayers(fields);
  const attention = fields.boolean("attention_bias", false);
  const mlp = fields.boolean("mlp_bias", false);
  const widths = readWidths(fields, { kvHeads: 4 });
  const context = fields.positions("max_position_embeddings", 32_768);
  const rope = readRope(fields, { headDim: widths.headDim, context, defaultTheta: DEFAULT_THETA });
  const layers = fields.count("num_hidden_layers");
  return {
    family: "smollm3",
    modelType: "smollm3",
    layers,
    ...widths,
    ...readTokens(fields, [128_000], [128_001]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope,
    attention: readPositions(fields, layers).map((has) => (has ? { rope } : {})),
    tiedHead: fields.boolean("tie_word_embeddings", true),
    glu: true,
    design: { ...LLAMA_DESIGN, biases: { ...NO_BIASES, qkv: attention, o: attention, mlp } },
  };
}

/** Whether each block rotates q and k: 1 in no_rope_layers, which counts the other way round than its name says. */
function readPositions(fields: ConfigFields, layers: number): boolean[] {
  const interval = fields.count("no_rope_layer_interval", DEFAULT_INTERVAL);
  const given = fields.get("no_rope_layers");
  if (given === undefined) return Array.from({ length: layers }, (_, l) => (l + 1) % interval !== 0);
  if (!Array.isArray(given) || given.length < layers || !given.every((one) => one === 0 || one === 1)) {
    fields.refuse("no_rope_layers", `a list of 0 and 1 for ${layers} layers`, { remedy: CHOOSE_ANOTHER_MODEL });
  }
  return given.slice(0, layers).map((one) => one === 1);
}

export const SMOLLM3: FamilyFile = {
  names: LLAMA_NAMES,
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout", "sliding_window"],
  readConfig,
};
