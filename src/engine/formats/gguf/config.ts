// The config.json of a GGUF file, from its metadata and tensors.
import { longropeAttention, ropeFrequencies } from "../../config/ropeFrequencies.ts";
import { CHOOSE_ANOTHER, readError } from "../files/readError.ts";
import { familyFields } from "./familyFields.ts";
import type { GgufFamily } from "./ggufFamilies.ts";
import type { GgufHeader } from "./header.ts";
import { type MetadataFields, shortest } from "./metadataFields.ts";

type Json = Record<string, unknown>;

/** The tensor whose values divide the frequencies of RoPE's pairs (Llama 3.1 and later). */
export const ROPE_FACTORS = "rope_freqs.weight";
/** The tensors about RoPE: the one above, and those of longrope for long and for short texts (Phi-3). */
export const ROPE_TENSORS: readonly string[] = [ROPE_FACTORS, "rope_factors_long.weight", "rope_factors_short.weight"];

/** Their values, of those that the file has. */
export interface RopeFactors {
  all?: Float32Array | undefined;
  long?: Float32Array | undefined;
  short?: Float32Array | undefined;
}

/**
 * Settings of all published Llamas with scaled RoPE. GGUF stores the resulting factors, config.json these settings and `factor`, which
 * is the largest of the factors.
 */
const LLAMA3 = { type: "llama3", lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 } as const;
/** Relative; the stored factors are f32. */
const FACTOR_TOLERANCE = 1e-5;
const DEFAULT_THETA = 10_000;

/**
 * The config.json that the model would have on the hub.
 * Throws "format" for a key that is missing or of another type, "unsupported" for what the engine does not run: mixtures of experts,
 * RoPE scaled otherwise than linearly, by YaRN or as in Llama 3, heads whose keys and values differ in width.
 */
export function configOf(
  fields: MetadataFields,
  header: GgufHeader,
  architecture: GgufFamily,
  ropeFactors: RopeFactors = {},
): Json {
  const { name, family } = architecture;
  const key = (suffix: string): string => `${name}.${suffix}`;
  const size = (suffix: string): number => fields.size(key(suffix));
  const has = (tensor: string): boolean => header.tensors.has(tensor);
  if (fields.has(key("expert_count")) && fields.get(key("expert_count")).count() > 0) {
    throw fields.unsupported(key("expert_count"), "0 (models without experts)");
  }
  const heads = size("attention.head_count");
  const hidden = size("embedding_length");
  const headDim = fields.has(key("attention.key_length")) ? size("attention.key_length") : hidden / heads;
  const valueLength = key("attention.value_length");
  if (fields.has(valueLength) && fields.size(valueLength) !== headDim)
    throw fields.unsupported(valueLength, `${headDim}, as for keys`);
  const embedding = header.tensors.get("token_embd.weight");
  const [layers, context] = [size("block_count"), size("context_length")];
  return {
    architectures: [architecture.className],
    model_type: family,
    hidden_size: hidden,
    intermediate_size: size("feed_forward_length"),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: fields.has(key("attention.head_count_kv")) ? size("attention.head_count_kv") : heads,
    ...(family === "phi" ? {} : { head_dim: headDim }),
    max_position_embeddings: context,
    vocab_size: embedding?.shape[0] ?? size("vocab_size"),
    ...norms(fields, architecture),
    ...rope(fields, architecture, headDim, ropeFactors),
    ...familyFields(fields, architecture, { hidden, heads, headDim, layers, context, has }),
    tie_word_embeddings: !has("output.weight"),
    torch_dtype: "float32",
    ...tokens(fields),
  };
}

/** Ids of the tokens that begin and end a text, for config.json and generation_config.json. */
export function tokens(fields: MetadataFields): Json {
  const id = (name: string): number | undefined => fields.token(`tokenizer.ggml.${name}_token_id`);
  const [bos, eos, turn, pad] = [id("bos"), id("eos"), id("eot"), id("padding")];
  const ends = [...new Set([eos, turn].filter((one) => one !== undefined))];
  return {
    bos_token_id: bos ?? null,
    eos_token_id: ends.length > 1 ? ends : (ends[0] ?? null),
    ...(pad === undefined ? {} : { pad_token_id: pad }),
  };
}

function norms(fields: MetadataFields, { name, family }: GgufFamily): Json {
  if (family === "phi") {
    return { layer_norm_eps: fields.decimal(`${name}.attention.layer_norm_epsilon`), hidden_act: "gelu_new" };
  }
  const epsilon = { rms_norm_eps: fields.decimal(`${name}.attention.layer_norm_rms_epsilon`) };
  if (family.startsWith("gemma")) return { ...epsilon, hidden_activation: "gelu_pytorch_tanh" };
  return { ...epsilon, hidden_act: "silu" };
}

function rope(
  fields: MetadataFields,
  { name, family }: GgufFamily,
  headDim: number,
  { all: factors, long, short }: RopeFactors,
): Json {
  const theta = fields.decimal(`${name}.rope.freq_base`, DEFAULT_THETA);
  const dimsKey = `${name}.rope.dimension_count`;
  const dims = fields.has(dimsKey) ? fields.size(dimsKey) : headDim;
  const partial = family === "phi" || family === "phi3";
  if (!partial && dims !== headDim) throw fields.unsupported(dimsKey, `${headDim}, the width of a head`);
  const scaling = long && short ? longrope(fields, name, { long, short }) : scalingOf(fields, name);
  if (scaling && factors) throw fields.unsupported(`${name}.rope.scaling.factor`, `1 beside ${ROPE_FACTORS}`);
  const used = factors ? llama3Scaling(fields.file, theta, factors) : scaling;
  if (family === "gemma3_text") {
    const sliding = fields.decimal(`${name}.rope.freq_base_swa`, DEFAULT_THETA);
    return {
      rope_parameters: {
        full_attention: { rope_type: "default", rope_theta: theta, ...used },
        sliding_attention: { rope_type: "default", rope_theta: sliding },
      },
    };
  }
  return {
    rope_theta: theta,
    ...(partial ? { partial_rotary_factor: dims / headDim } : {}),
    ...(used ? { rope_scaling: used } : {}),
    // of longrope the top level counts
    ...(long && short ? { original_max_position_embeddings: used?.["original_max_position_embeddings"] } : {}),
  };
}

/** Keys of the scaling with which llama.cpp computes the same as transformers; `finetuned` changes nothing. */
const SCALING_KEYS = ["type", "factor", "original_context_length", "finetuned"];

/**
 * The scaling that the metadata describe, if it changes anything. A factor without a type means linear, as in llama.cpp; scale_linear is the
 * factor's older name. Throws "unsupported" for a type or key that is not computed.
 */
function scalingOf(fields: MetadataFields, name: string): Json | undefined {
  const prefix = `${name}.rope.scaling.`;
  const other = fields.keys().find((key) => key.startsWith(prefix) && !SCALING_KEYS.includes(key.slice(prefix.length)));
  if (other !== undefined) throw fields.unsupported(other, `no key but ${SCALING_KEYS.join(", ")}`);
  const type = fields.text(`${prefix}type`) ?? "linear";
  const factorKey = [`${prefix}factor`, `${name}.rope.scale_linear`].find((key) => fields.has(key));
  const factor = factorKey === undefined ? 1 : fields.decimal(factorKey) || 1;
  switch (type) {
    case "none":
      return undefined;
    case "linear":
      return factor === 1 ? undefined : { rope_type: type, factor };
    case "yarn": {
      const original = `${prefix}original_context_length`;
      const context = fields.size(fields.has(original) ? original : `${name}.context_length`);
      return { rope_type: type, factor, original_max_position_embeddings: context };
    }
    default:
      throw fields.unsupported(
        `${prefix}type`,
        "none, linear or yarn, or Llama 3's scaling as the tensor rope_freqs.weight",
      );
  }
}

/** Factors for long and for short texts. Without a factor for cosines and sines, llama.cpp takes 1. */
function longrope(
  fields: MetadataFields,
  name: string,
  { long, short }: { long: Float32Array; short: Float32Array },
): Json {
  const original = fields.size(`${name}.rope.scaling.original_context_length`);
  const stated = fields.decimal(`${name}.rope.scaling.attn_factor`, 1);
  const usual = longropeAttention(fields.size(`${name}.context_length`) / original, original);
  const exact = Math.abs(stated / usual - 1) < FACTOR_TOLERANCE;
  return {
    ...{ rope_type: "longrope", long_factor: decimalsOf(long), short_factor: decimalsOf(short) },
    original_max_position_embeddings: original,
    ...(exact ? {} : { attention_factor: stated }),
  };
}

const decimalsOf = (values: Float32Array): number[] => Array.from(values, shortest);

function llama3Scaling(file: string, theta: number, factors: Float32Array): Json {
  const factor = Math.max(...factors);
  const { lowFreqFactor, highFreqFactor, originalContext } = LLAMA3;
  const plain = ropeFrequencies({ theta }, 2 * factors.length);
  const scaled = ropeFrequencies({ theta, scaling: { factor, ...LLAMA3 } }, 2 * factors.length);
  const wrong = factors.findIndex((value, i) => Math.abs((value * scaled[i]!) / plain[i]! - 1) > FACTOR_TOLERANCE);
  if (wrong >= 0) {
    throw readError({
      file,
      field: ROPE_FACTORS,
      expected: `Llama 3's factor ${plain[wrong]! / scaled[wrong]!} for pair ${wrong} (the largest is ${factor})`,
      got: String(factors[wrong]!),
      advice: CHOOSE_ANOTHER,
      code: "unsupported",
      detail: { pair: wrong },
    });
  }
  return {
    rope_type: "llama3",
    factor,
    low_freq_factor: lowFreqFactor,
    high_freq_factor: highFreqFactor,
    original_max_position_embeddings: originalContext,
  };
}
