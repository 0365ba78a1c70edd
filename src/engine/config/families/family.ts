// What a family's file says: how its config.json is read, and what its tensors are called. And the reading that families share.
import type { ConfigFields } from "../configFields.ts";
import type { ModelConfig } from "../modelConfig.ts";

/**
 * Names of a family's tensors without ".weight" and ".bias"; those of a block stand behind `layers` and the block's number.
 * The loader, the checks and the exports find every tensor by these.
 */
export interface TensorNames {
  embedding: string;
  /** A table of learned positions, and how many of its first rows are never used. */
  positions?: { name: string; unusedRows: number };
  /** Between the embedding (or head) and the residual stream, where their widths differ. */
  projectIn?: string;
  projectOut?: string;
  /** Such as "model.layers.". */
  layers: string;
  attentionNorm: string;
  q: string;
  k: string;
  v: string;
  /** Norms over the heads of q and k. */
  qNorm?: string;
  kNorm?: string;
  o: string;
  /** Left out where both branches share attentionNorm. */
  mlpNorm?: string;
  /** gate and up, or fc1. */
  ups: readonly string[];
  down: string;
  finalNorm: string;
  head: string;
}

export interface FamilyFile {
  names: TensorNames;
  /** Throws "config" for a field that is missing, of the wrong type or against another, "unsupported" for what the engine does not run. */
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

/** What a family's config class in transformers takes for fields that are missing; undefined: the field is required or has a rule of its own. */
export interface WidthDefaults {
  /** Where the field is missing; a null always means as many as heads. */
  kvHeads?: number;
  headDim?: number;
}

/** Widths that every family with grouped heads has, checked against each other. */
export function readWidths(fields: ConfigFields, defaults: WidthDefaults = {}) {
  const dModel = fields.count("hidden_size");
  const heads = fields.count("num_attention_heads");
  const kvMissing = fields.isNull("num_key_value_heads") ? undefined : defaults.kvHeads;
  const kvHeads = fields.count("num_key_value_heads", kvMissing ?? heads);
  if (heads % kvHeads !== 0) {
    fields.refuse("num_key_value_heads", `${kvHeads} does not divide num_attention_heads ${heads}`);
  }
  const given = fields.get("head_dim") !== undefined || defaults.headDim !== undefined;
  if (!given && dModel % heads !== 0) {
    fields.refuse("num_attention_heads", `${heads} does not divide hidden_size ${dModel}, and head_dim is missing`);
  }
  const headDim = fields.count("head_dim", defaults.headDim ?? dModel / heads);
  if (headDim % 2 !== 0) fields.refuse("head_dim", `${headDim} is odd; RoPE rotates pairs`);
  return { dModel, heads, kvHeads, headDim, dMlp: fields.count("intermediate_size") };
}

/** The vocabulary and its special tokens; `bos` and `eos` are transformers' defaults. */
export function readTokens(fields: ConfigFields, bos: readonly number[] = [], eos: readonly number[] = []) {
  const vocab = fields.count("vocab_size");
  const [bosToken] = fields.tokens("bos_token_id", vocab, bos);
  const eosTokens = fields.tokens("eos_token_id", vocab, eos);
  return { vocab, ...(bosToken === undefined ? {} : { bosToken }), eosTokens };
}

/** Refuses an activation that the family does not have. */
export function expectActivation(fields: ConfigFields, name: string, fallback: string, allowed: readonly string[]) {
  const activation = fields.string(name, fallback);
  if (allowed.includes(activation)) return;
  const expected = allowed.map((one) => `'${one}'`).join(" or ");
  fields.refuse(name, `'${activation}' is not supported for ${fields.string("model_type")}; expected ${expected}`);
}

/** Refuses a switch that is on where the engine runs the family only without it. */
export function expectOff(fields: ConfigFields, name: string): void {
  if (fields.boolean(name, false)) {
    fields.refuse(name, `true is not supported for ${fields.string("model_type")}; expected false`);
  }
}

/** Refuses layers with a window of their own: layer_types of transformers 5 and use_sliding_window of Qwen. */
export function expectFullAttention(fields: ConfigFields): void {
  expectOff(fields, "use_sliding_window");
  const types = fields.get("layer_types");
  if (Array.isArray(types) && types.some((type) => type !== "full_attention")) {
    fields.refuse("layer_types", "only 'full_attention' is supported for this family");
  }
}
