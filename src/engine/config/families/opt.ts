// OPT: learned positions, LayerNorm, ReLU, biases. OPT-350m has its norms after the residual adds, and narrower embeddings.
import type { ConfigFields } from "../configFields.ts";
import { CHOOSE_ANOTHER_MODEL, type FamilyFile, readTokens } from "./family.ts";
import type { Design, ModelConfig } from "../modelConfig.ts";

/** Position 0 is in this row of the table: the first two were reserved for padding and are unused. */
const UNUSED_POSITIONS = 2;
/** PyTorch's default, which OPT's norms use. */
const LAYER_NORM_EPS = 1e-5;

const ACTIVATIONS = new Map<string, Design["activation"]>([
  ["relu", "relu"],
  ["gelu", "gelu"],
  ["gelu_new", "gelu_tanh"],
]);

/** Defaults are those of transformers' OPTConfig. */
function readConfig(fields: ConfigFields): ModelConfig {
  const named = fields.string("activation_function", "relu");
  const activation = ACTIVATIONS.get(named);
  if (!activation) {
    fields.refuse("activation_function", `one of ${[...ACTIVATIONS.keys()].join(", ")}`, {
      remedy: CHOOSE_ANOTHER_MODEL,
    });
  }
  if (!fields.boolean("layer_norm_elementwise_affine", true)) {
    fields.refuse("layer_norm_elementwise_affine", "true for opt", { remedy: CHOOSE_ANOTHER_MODEL });
  }
  const dModel = fields.count("hidden_size");
  const heads = fields.count("num_attention_heads");
  if (dModel % heads !== 0) fields.refuse("num_attention_heads", `a divisor of hidden_size ${dModel}`);
  const embeddingWidth = fields.count("word_embed_proj_dim", dModel);
  const biased = fields.boolean("enable_bias", true);
  const before = fields.boolean("do_layer_norm_before", true);
  const removed = fields.boolean("_remove_final_layer_norm", false);
  return {
    family: "opt",
    modelType: "opt",
    layers: fields.count("num_hidden_layers"),
    dModel,
    heads,
    kvHeads: heads,
    headDim: dModel / heads,
    dMlp: fields.count("ffn_dim"),
    ...readTokens(fields, [2], [2]),
    context: fields.positions("max_position_embeddings", 2048),
    normEps: LAYER_NORM_EPS,
    ...(embeddingWidth === dModel ? {} : { embeddingWidth }),
    tiedHead: fields.boolean("tie_word_embeddings", true),
    glu: false,
    design: {
      norm: "layer",
      normShift: 0,
      normPlace: before ? "before" : "after",
      finalNorm: before && !removed,
      activation,
      biases: { qkv: biased, o: biased, mlp: biased, head: false },
      qkNorm: false,
      embeddingScale: 1,
    },
  };
}

export const OPT: FamilyFile = {
  names: {
    embedding: "model.decoder.embed_tokens",
    positions: { name: "model.decoder.embed_positions", unusedRows: UNUSED_POSITIONS },
    projectIn: "model.decoder.project_in",
    projectOut: "model.decoder.project_out",
    layers: "model.decoder.layers.",
    attentionNorm: "self_attn_layer_norm",
    q: "self_attn.q_proj",
    k: "self_attn.k_proj",
    v: "self_attn.v_proj",
    o: "self_attn.out_proj",
    mlpNorm: "final_layer_norm",
    ups: ["fc1"],
    down: "fc2",
    finalNorm: "model.decoder.final_layer_norm",
    head: "lm_head",
  },
  harmless: ["dropout", "attention_dropout", "layerdrop", "init_std", "use_cache", "pad_token_id"],
  readConfig,
};
