// What config.json has for some architectures only: factors, softcaps, windows and biases. Where llama.cpp derives a number from others, so does this.
import type { GgufFamily } from "./ggufFamilies.ts";
import type { MetadataFields } from "./metadataFields.ts";

type Json = Record<string, unknown>;

interface Sizes {
  hidden: number;
  heads: number;
  headDim: number;
  layers: number;
  context: number;
  /** Whether the file has a tensor. */
  has: (tensor: string) => boolean;
}

/** Throws "unsupported" for settings that the engine does not run, named by their key. */
export function familyFields(fields: MetadataFields, { name, family }: GgufFamily, sizes: Sizes): Json {
  const window = `${name}.attention.sliding_window`;
  const biases = { attention_bias: sizes.has("blk.0.attn_q.bias"), mlp_bias: sizes.has("blk.0.ffn_up.bias") };
  switch (family) {
    case "mistral":
      return { sliding_window: fields.size(window) };
    case "llama":
    case "smollm3":
      return biases;
    case "granite":
      return { ...biases, ...graniteFactors(fields, name, sizes) };
    case "gemma2":
      return {
        ...gemmaAttention(fields, name, { ...sizes, pattern: 2, largest: 46 }),
        ...decimals(fields, name, ["attn_logit_softcapping", "final_logit_softcapping"]),
      };
    case "gemma3_text":
      return {
        ...gemmaAttention(fields, name, { ...sizes, pattern: 6, largest: 62 }),
        ...decimals(fields, name, ["final_logit_softcapping"]),
      };
    case "olmo2":
      // OLMo 3, whose files have the same architecture
      if (fields.has(window) && fields.get(window).count() > 0) throw fields.unsupported(window, "0 (OLMo 2)");
      return {};
    case "phi3":
      return { sliding_window: phi3Window(fields, window, sizes.context) };
    case "gemma":
    case "opt":
    case "phi":
    case "qwen2":
    case "qwen3":
      return {};
  }
}

const decimals = (fields: MetadataFields, name: string, keys: readonly string[]): Json =>
  Object.fromEntries(
    keys.flatMap((key) => (fields.has(`${name}.${key}`) ? [[key, fields.decimal(`${name}.${key}`)]] : [])),
  );

/** llama.cpp scales scores by the width of a head, or by d / heads in the model with `largest` blocks, and alternates windows in a pattern. */
function gemmaAttention(
  fields: MetadataFields,
  name: string,
  { hidden, heads, headDim, layers, pattern: usual, largest }: Sizes & { pattern: number; largest: number },
): Json {
  const [window, key] = [`${name}.attention.sliding_window`, `${name}.attention.sliding_window_pattern`];
  const given = fields.has(key) ? fields.get(key).value : usual;
  const listed = Array.isArray(given) ? given.map(Boolean) : undefined;
  const pattern = listed ? 1 : fields.has(key) ? fields.size(key) : usual;
  const slides = listed ?? Array.from({ length: layers }, (_, layer) => (layer + 1) % pattern !== 0);
  if (slides.length !== layers) throw fields.unsupported(key, `a number, or a list for ${layers} blocks`);
  return {
    ...(fields.has(window) ? { sliding_window: fields.size(window) } : {}),
    layer_types: slides.map((one) => (one ? "sliding_attention" : "full_attention")),
    query_pre_attn_scalar: layers === largest ? Math.floor(hidden / heads) : headDim,
  };
}

/** A file without a key has no such factor; scores are then divided by the root of a head's width. */
function graniteFactors(fields: MetadataFields, name: string, { headDim }: Sizes): Json {
  // llama.cpp takes this key for whether positions are rotated at all
  const rotates = `${name}.rope.scaling.finetuned`;
  if (fields.has(rotates) && fields.get(rotates).value === false) throw fields.unsupported(rotates, "true");
  const factor = (key: string, missing: number): number => fields.decimal(`${name}.${key}`, missing) || missing;
  return {
    attention_multiplier: factor("attention.scale", 1 / Math.sqrt(headDim)),
    embedding_multiplier: factor("embedding_scale", 1),
    residual_multiplier: factor("residual_scale", 1),
    logits_scaling: fields.decimal(`${name}.logit_scale`),
  };
}

/** Of files that were written before the key existed: that of the models with a context of 4,096 tokens; the others have none. */
const OLD_PHI3 = { context: 4096, window: 2047 };

/** 0 means none. */
function phi3Window(fields: MetadataFields, key: string, context: number): number | null {
  if (!fields.has(key)) return context === OLD_PHI3.context ? OLD_PHI3.window : null;
  return fields.get(key).count() || null;
}
