// The config.json of a GGUF file, from its metadata and tensors.
import { type EngineError, showValue } from "../../errors.ts";
import { ropeFrequencies } from "../../config/ropeFrequencies.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { CHOOSE_ANOTHER, readError, WRITE_AGAIN } from "../files/readError.ts";
import type { GgufFamily } from "./ggufFamilies.ts";
import type { GgufHeader } from "./header.ts";

type Json = Record<string, unknown>;

/** The tensor whose values divide the frequencies of RoPE's pairs (Llama 3.1 and later). */
export const ROPE_FACTORS = "rope_freqs.weight";

/**
 * Settings of all published Llamas with scaled RoPE. GGUF stores the resulting factors, config.json these settings and `factor`, which
 * is the largest of the factors.
 */
const LLAMA3 = { type: "llama3", lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 } as const;
/** Relative; the stored factors are f32. */
const FACTOR_TOLERANCE = 1e-5;
const DEFAULT_THETA = 10_000;

/** The metadata by key, with errors that name the file and the key. */
export class MetadataFields {
  private readonly root: JsonField;

  constructor(
    readonly file: string,
    private readonly header: Omit<GgufHeader, "metadataEnd">,
  ) {
    this.root = new JsonField(Object.fromEntries(header.metadata), file, "", WRITE_AGAIN);
  }

  has(key: string): boolean {
    return this.header.metadata.has(key);
  }

  keys(): string[] {
    return [...this.header.metadata.keys()];
  }

  get(key: string): JsonField {
    return this.root.get(key);
  }

  /** A count of at least one. The file may have a list with one number per block; it is refused unless they are all equal. */
  size(key: string): number {
    const field = this.get(key);
    const { value } = field;
    if (!Array.isArray(value)) return field.number({ min: 1, whole: true });
    const [first] = value as unknown[];
    if (value.some((one) => one !== first)) field.refuse("the same number for every block");
    return field.list()[0]?.number({ min: 1, whole: true }) ?? field.refuse("a number");
  }

  /** The shortest decimal that rounds to a number stored as f32: 1e-5, not 0.00000999999974. */
  decimal(key: string, fallback?: number): number {
    if (!this.has(key) && fallback !== undefined) return fallback;
    const value = this.get(key).number();
    for (let digits = 1; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === Math.fround(value)) return short;
    }
    return value;
  }

  text(key: string): string | undefined {
    return this.has(key) ? this.get(key).text() : undefined;
  }

  /** A list of strings. */
  texts(key: string): readonly string[] {
    const field = this.get(key);
    const { value } = field;
    const texts = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
    return Array.isArray(value) && texts.length === value.length ? texts : field.refuse("a list of strings");
  }

  /** A list of exactly `length` numbers. */
  numbers(key: string, length: number): readonly number[] {
    const field = this.get(key);
    const { value } = field;
    const found = Array.isArray(value) ? value.filter((one) => typeof one === "number") : [];
    return found.length === length ? found : field.refuse(`a list of ${length} numbers`);
  }

  /** A token id, if the file has the key. */
  token(key: string): number | undefined {
    return this.has(key) ? this.get(key).count() : undefined;
  }

  /** The error "unsupported" about the value of a key. */
  unsupported(key: string, supported: string): EngineError {
    return readError({
      file: this.file,
      field: key,
      expected: supported,
      got: showValue(this.get(key).value),
      advice: CHOOSE_ANOTHER,
      code: "unsupported",
    });
  }
}

/**
 * The config.json that the model would have on the hub. `ropeFactors` are the values of ROPE_FACTORS, if the file has them.
 * Throws "format" for a key that is missing or of another type, "unsupported" for what the engine does not run: mixtures of experts,
 * RoPE scaled otherwise than linearly, by YaRN or as in Llama 3, heads whose keys and values differ in width.
 */
export function configOf(
  fields: MetadataFields,
  header: GgufHeader,
  architecture: GgufFamily,
  ropeFactors?: Float32Array,
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
  return {
    architectures: [architecture.className],
    model_type: family,
    hidden_size: hidden,
    intermediate_size: size("feed_forward_length"),
    num_hidden_layers: size("block_count"),
    num_attention_heads: heads,
    num_key_value_heads: fields.has(key("attention.head_count_kv")) ? size("attention.head_count_kv") : heads,
    ...(family === "phi" ? {} : { head_dim: headDim }),
    max_position_embeddings: size("context_length"),
    vocab_size: embedding?.shape[0] ?? size("vocab_size"),
    ...norms(fields, architecture),
    ...rope(fields, architecture, headDim, ropeFactors),
    ...(family === "mistral" ? { sliding_window: size("attention.sliding_window") } : {}),
    ...(family === "llama" ? { attention_bias: has("blk.0.attn_q.bias"), mlp_bias: has("blk.0.ffn_up.bias") } : {}),
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
  if (family === "gemma") return { ...epsilon, hidden_activation: "gelu_pytorch_tanh" };
  return { ...epsilon, hidden_act: "silu" };
}

function rope(fields: MetadataFields, { name, family }: GgufFamily, headDim: number, factors?: Float32Array): Json {
  const theta = fields.decimal(`${name}.rope.freq_base`, DEFAULT_THETA);
  const dimsKey = `${name}.rope.dimension_count`;
  const dims = fields.has(dimsKey) ? fields.size(dimsKey) : headDim;
  if (family !== "phi" && dims !== headDim) throw fields.unsupported(dimsKey, `${headDim}, the width of a head`);
  const scaling = scalingOf(fields, name);
  if (scaling && factors) throw fields.unsupported(`${name}.rope.scaling.factor`, `1 beside ${ROPE_FACTORS}`);
  const used = factors ? llama3Scaling(fields.file, theta, factors) : scaling;
  return {
    rope_theta: theta,
    ...(family === "phi" ? { partial_rotary_factor: dims / headDim } : {}),
    ...(used ? { rope_scaling: used } : {}),
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
