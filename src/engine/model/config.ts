// What a model is, read from config.json: the one description that every family, budget and exporter uses.
import { EngineError } from "../errors.ts";
import { ConfigFields } from "./configFields.ts";
import { readRope, type RopeConfig } from "./ropeConfig.ts";

export type { RopeConfig } from "./ropeConfig.ts";

/** Families that the engine runs; everything else is refused by name. */
export type Family = "llama";

export interface ModelConfig {
  family: Family;
  modelType: string;
  /** L: number of blocks. */
  layers: number;
  /** d: width of the residual stream. */
  dModel: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** f: width of the MLP. */
  dMlp: number;
  vocab: number;
  /** Longest sequence the model was made for, in tokens. */
  context: number;
  normEps: number;
  rope: RopeConfig;
  tiedHead: boolean;
  /** GLU: gate and up projections (true) or a single fc1 (false). */
  glu: boolean;
  bosToken?: number;
  eosTokens: number[];
}

/** Widths that every family with grouped heads has, checked against each other. */
function readWidths(fields: ConfigFields) {
  const dModel = fields.count("hidden_size");
  const heads = fields.count("num_attention_heads");
  const kvHeads = fields.count("num_key_value_heads", heads);
  if (heads % kvHeads !== 0) {
    fields.refuse("num_key_value_heads", `${kvHeads} does not divide num_attention_heads ${heads}`);
  }
  if (fields.get("head_dim") === undefined && dModel % heads !== 0) {
    fields.refuse("num_attention_heads", `${heads} does not divide hidden_size ${dModel}, and head_dim is missing`);
  }
  const headDim = fields.count("head_dim", dModel / heads);
  if (headDim % 2 !== 0) fields.refuse("head_dim", `${headDim} is odd; RoPE rotates pairs`);
  return { dModel, heads, kvHeads, headDim, dMlp: fields.count("intermediate_size") };
}

/** LLaMA: RMSNorm, RoPE, grouped heads, SwiGLU, no biases. Defaults are those of transformers' LlamaConfig. */
function readLlama(fields: ConfigFields): ModelConfig {
  const activation = fields.string("hidden_act", "silu");
  if (activation !== "silu") fields.refuse("hidden_act", `'${activation}' is not supported for llama; expected 'silu'`);
  for (const [field, tensor] of [
    ["attention_bias", "self_attn.q_proj.bias"],
    ["mlp_bias", "mlp.gate_proj.bias"],
  ] as const) {
    if (fields.boolean(field, false)) {
      fields.refuse(field, `true is not supported; model.layers.0.${tensor} and its like would be left out`);
    }
  }
  const vocab = fields.count("vocab_size");
  const [bosToken] = fields.tokens("bos_token_id", vocab, [1]);
  return {
    family: "llama",
    modelType: "llama",
    layers: fields.count("num_hidden_layers"),
    ...readWidths(fields),
    vocab,
    context: fields.count("max_position_embeddings", 2048),
    normEps: fields.positive("rms_norm_eps", 1e-6),
    rope: readRope(fields),
    tiedHead: fields.boolean("tie_word_embeddings", false),
    glu: true,
    ...(bosToken === undefined ? {} : { bosToken }),
    eosTokens: fields.tokens("eos_token_id", vocab, [2]),
  };
}

/** One reader for each model_type; a new family is one more line. */
const READERS = new Map<string, (fields: ConfigFields) => ModelConfig>([["llama", readLlama]]);

/**
 * Reads a parsed config.json. Fields that are missing take the defaults of transformers; nothing is guessed.
 * Throws EngineError "unsupported" for a family, rope type or quantisation that the engine does not run, "config" for a field that is
 * missing, of the wrong type, or contradicts another.
 */
export function readConfig(json: unknown): ModelConfig {
  const fields = new ConfigFields(json);
  const modelType = fields.string("model_type");
  const reader = READERS.get(modelType);
  if (!reader) {
    const supported = `supported: ${[...READERS.keys()].join(", ")}`;
    throw new EngineError("unsupported", `model_type '${modelType}' is not supported; ${supported}`, { modelType });
  }
  const quantisation = fields.object("quantization_config");
  if (quantisation) {
    const method = quantisation.string("quant_method", "unnamed");
    const remedy = "use the repository's version in F32, F16 or BF16";
    throw new EngineError("unsupported", `weights quantised with '${method}' are not supported; ${remedy}`, { method });
  }
  return reader(fields);
}

/** Weights by where they are; `blocks` are the linear weights of the blocks, the only ones that pruning cuts. */
export interface ParameterCounts {
  blocks: number;
  embeddings: number;
  /** 0 where the head is the embedding. */
  head: number;
  norms: number;
  total: number;
}

/** Counts a model's parameters; T_total of method.md 1.4 is `blocks`. */
export function countParameters(config: ModelConfig): ParameterCounts {
  const { layers, dModel, heads, kvHeads, headDim, dMlp, vocab } = config;
  const attention = dModel * headDim * (2 * heads + 2 * kvHeads);
  const mlp = (config.glu ? 3 : 2) * dModel * dMlp;
  const blocks = layers * (attention + mlp);
  const embeddings = vocab * dModel;
  const head = config.tiedHead ? 0 : embeddings;
  const norms = (2 * layers + 1) * dModel;
  return { blocks, embeddings, head, norms, total: blocks + embeddings + head + norms };
}
