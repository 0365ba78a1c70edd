// What a family's file provides (a reader of config.json and the tensor names), and the readers that families share.
import type { ConfigFields } from "../configFields.ts";
import type { ModelConfig } from "../modelConfig.ts";

/**
 * Names of a family's tensors without ".weight" and ".bias"; those of a block follow `layers` and the block's number.
 * The loader, the checks and the exports find every tensor by these names.
 */
export interface TensorNames {
  embedding: string;
  /** The table of learned positions, and how many of its first rows are unused. */
  positions?: { name: string; unusedRows: number };
  /** Matrices between embedding and residual stream, and between residual stream and head, if their widths differ. */
  projectIn?: string;
  projectOut?: string;
  /** Prefix of the blocks, such as "model.layers.". */
  layers: string;
  attentionNorm: string;
  /** The norm of attention's output, where there is one before attention too. */
  attentionPostNorm?: string;
  q: string;
  k: string;
  v: string;
  /** Norms over the heads of q and k. */
  qNorm?: string;
  kNorm?: string;
  o: string;
  /** Missing if both branches share attentionNorm. */
  mlpNorm?: string;
  mlpPostNorm?: string;
  /** gate and up, or fc1. */
  ups: readonly string[];
  down: string;
  finalNorm: string;
  head: string;
}

export interface FamilyFile {
  names: TensorNames;
  /** Layers of a block that files store as one matrix, by rows, under another name (Phi-3). */
  fused?: readonly { name: string; parts: readonly string[] }[];
  /** Fields of the family's config class that have no effect on what the model computes; `readConfig` reads all others. */
  harmless: readonly string[];
  /**
   * Throws "config" for a field that is missing, has the wrong type, contradicts another or switches on what the engine does not run, and
   * "unsupported" for a RoPE type that it does not run.
   */
  readConfig(fields: ConfigFields): ModelConfig;
}

/** The names that LLaMA shares with Mistral, Gemma and Qwen. */
export const LLAMA_NAMES: TensorNames = {
  embedding: "model.embed_tokens",
  layers: "model.layers.",
  attentionNorm: "input_layernorm",
  q: "self_attn.q_proj",
  k: "self_attn.k_proj",
  v: "self_attn.v_proj",
  o: "self_attn.o_proj",
  mlpNorm: "post_attention_layernorm",
  ups: ["mlp.gate_proj", "mlp.up_proj"],
  down: "mlp.down_proj",
  finalNorm: "model.norm",
  head: "lm_head",
};

/** Defaults of a family's config class in transformers. Without one a missing field follows the rule that `readWidths` has for it. */
interface WidthDefaults {
  /** For a missing field; null always means the number of heads. */
  kvHeads?: number;
  headDim?: number;
}

/** Widths of a family with grouped heads, checked against each other. */
export function readWidths(fields: ConfigFields, defaults: WidthDefaults = {}) {
  const dModel = fields.count("hidden_size");
  const heads = fields.count("num_attention_heads");
  const kvMissing = fields.isNull("num_key_value_heads") ? undefined : defaults.kvHeads;
  const kvHeads = fields.count("num_key_value_heads", kvMissing ?? heads);
  if (heads % kvHeads !== 0) {
    fields.refuse("num_key_value_heads", `a divisor of num_attention_heads ${heads}`, { got: kvHeads });
  }
  const given = fields.get("head_dim") !== undefined || defaults.headDim !== undefined;
  if (!given && dModel % heads !== 0) {
    fields.refuse("num_attention_heads", `a divisor of hidden_size ${dModel}, because head_dim is missing`);
  }
  const headDim = fields.count("head_dim", defaults.headDim ?? dModel / heads);
  if (headDim % 2 !== 0) fields.refuse("head_dim", "an even number, because RoPE rotates pairs", { got: headDim });
  return { dModel, heads, kvHeads, headDim, dMlp: fields.count("intermediate_size") };
}

/** Size of the vocabulary and ids of its special tokens. bos, eos: transformers' defaults. */
export function readTokens(fields: ConfigFields, bos: readonly number[] = [], eos: readonly number[] = []) {
  const vocab = fields.count("vocab_size");
  const [bosToken] = fields.tokens("bos_token_id", vocab, bos);
  const eosTokens = fields.tokens("eos_token_id", vocab, eos);
  return { vocab, ...(bosToken === undefined ? {} : { bosToken }), eosTokens };
}

/** What to do about a variant of a family that the engine does not run. */
export const CHOOSE_ANOTHER_MODEL = "Choose another model: the engine does not run this variant.";

/** Refuses an activation that the engine does not run in this family. */
export function expectActivation(fields: ConfigFields, name: string, fallback: string, allowed: readonly string[]) {
  if (allowed.includes(fields.string(name, fallback))) return;
  const expected = allowed.map((one) => `"${one}"`).join(" or ");
  fields.refuse(name, `${expected} for ${fields.string("model_type")}`, { remedy: CHOOSE_ANOTHER_MODEL });
}

/** The two names that transformers has for x times its sigmoid. */
export const SILU = ["silu", "swish"];

/** Refuses a switch that is on, if the engine runs the family only without it. */
export function expectOff(fields: ConfigFields, name: string): void {
  if (fields.isNull(name) || !fields.boolean(name, false)) return;
  fields.refuse(name, `false for ${fields.string("model_type")}`, { remedy: CHOOSE_ANOTHER_MODEL });
}

/** Refuses a field that has a value, if the engine runs the family only without it. */
export function expectNone(fields: ConfigFields, name: string): void {
  if (fields.get(name) === undefined) return;
  fields.refuseUnsupported(name, `null for ${fields.string("model_type")}`, { remedy: CHOOSE_ANOTHER_MODEL });
}

/**
 * Refuses Qwen's sliding windows. transformers gives them to the layers from max_window_layers on if use_sliding_window is on, unless
 * layer_types of transformers 5 names each layer's attention.
 */
export function expectFullAttention(fields: ConfigFields, layers: number): void {
  const on = fields.boolean("use_sliding_window", false);
  const first = fields.get("max_window_layers") ?? DEFAULT_WINDOW_LAYERS;
  const window = !fields.isNull("sliding_window");
  expectLayers(fields);
  const slides = fields.get("layer_types") === undefined && on && window;
  if (!slides || (typeof first === "number" && first >= layers)) return;
  const remedy = CHOOSE_ANOTHER_MODEL;
  fields.refuse("use_sliding_window", `false for ${fields.string("model_type")}`, { remedy });
}

/** Of Qwen's config classes: the first layer with a window. */
const DEFAULT_WINDOW_LAYERS = 28;

/** Refuses layer_types unless every layer has the kind of attention that the engine gives to all. */
export function expectLayers(fields: ConfigFields, kind = "full_attention"): void {
  const types = fields.get("layer_types");
  // "attention" is an older name of full attention.
  const fits = (type: unknown): boolean => type === kind || (type === "attention" && kind === "full_attention");
  if (types === undefined || (Array.isArray(types) && types.every(fits))) return;
  fields.refuse("layer_types", `"${kind}" in every layer`, { remedy: CHOOSE_ANOTHER_MODEL });
}
