// Gemma 2: Gemma's blocks with norms around both branches, windows in every second block, and softcaps of scores and logits.
import type { ConfigFields } from "../configFields.ts";
import { expectActivation, expectOff, type FamilyFile, LLAMA_NAMES, readTokens, readWidths } from "./family.ts";
import { AROUND_NAMES, gemmaDesign, readAlternation, readWindow } from "./gemmaBlocks.ts";
import type { ModelConfig } from "../modelConfig.ts";
import { readRope } from "../ropeConfig.ts";

const TANH = "gelu_pytorch_tanh";
const DEFAULT_WINDOW = 4096;
const PATTERN = 2;
const CAPS = { scores: 50, logits: 30 };

/** Defaults are those of transformers' Gemma2Config. A cap of null is none. */
function readConfig(fields: ConfigFields): ModelConfig {
  expectActivation(fields, "hidden_activation", TANH, [TANH]);
  fields.get("hidden_act"); // files on the hub have it as well, and transformers ignores it
  expectOff(fields, "use_bidirectional_attention");
  const attention = fields.boolean("attention_bias", false);
  const widths = readWidths(fields, { kvHeads: 4, headDim: 256 });
  const context = fields.positions("max_position_embeddings", 8192);
  const rope = readRope(fields, { headDim: widths.headDim, context });
  const window = readWindow(fields, DEFAULT_WINDOW);
  const layers = fields.count("num_hidden_layers");
  const [scores, logits] = [
    readCap(fields, "attn_logit_softcapping", CAPS.scores),
    readCap(fields, "final_logit_softcapping", CAPS.logits),
  ];
  return {
    family: "gemma2",
    modelType: "gemma2",
    layers,
    ...widths,
    ...readTokens(fields, [2], [1]),
    context,
    normEps: fields.epsilon("rms_norm_eps", 1e-6),
    rope,
    attention: readAlternation(fields, layers, PATTERN).map((slides) => (slides ? { rope, window } : { rope })),
    attentionScale: fields.positive("query_pre_attn_scalar", 256) ** -0.5,
    ...(scores === undefined ? {} : { attentionCap: scores }),
    ...(logits === undefined ? {} : { logitsCap: logits }),
    tiedHead: fields.boolean("tie_word_embeddings", true),
    glu: true,
    design: gemmaDesign(widths.dModel, attention),
  };
}

const readCap = (fields: ConfigFields, name: string, fallback: number): number | undefined =>
  fields.isNull(name) ? undefined : fields.positive(name, fallback, { min: 1e-3, max: 1e6 });

export const GEMMA2: FamilyFile = {
  names: { ...LLAMA_NAMES, ...AROUND_NAMES },
  harmless: ["initializer_range", "use_cache", "pad_token_id", "attention_dropout"],
  readConfig,
};
