// The fields of config.json that give a tensor its shape and make it exist, for messages about tensors that do not fit.
import { FAMILIES } from "./families/families.ts";
import type { LinearRole } from "./tensors.ts";
import { linearNames } from "./tensors.ts";
import type { ModelConfig } from "./modelConfig.ts";

/** The fields behind each axis of a tensor's shape: ["num_key_value_heads x head_dim", "hidden_size"]. Empty for an unknown name. */
export function shapeFields(config: ModelConfig, tensor: string): readonly string[] {
  const { names } = FAMILIES[config.family];
  const name = tensor.replace(/\.\w+$/, "");
  const rank = tensor.endsWith(".bias") ? 1 : 2;
  const width = config.embeddingWidth === undefined ? "hidden_size" : "word_embed_proj_dim";
  if (name === names.embedding || name === names.head) return ["vocab_size", width].slice(0, rank);
  if (name === names.positions?.name) return [`max_position_embeddings + ${names.positions.unusedRows}`, "hidden_size"];
  if (name === names.projectIn) return ["hidden_size", width];
  if (name === names.projectOut) return [width, "hidden_size"];
  if (name === names.finalNorm) return ["hidden_size"];
  const part = name.startsWith(names.layers) ? name.slice(names.layers.length).replace(/^\d+\./, "") : "";
  if ([names.attentionNorm, names.attentionPostNorm, names.mlpNorm, names.mlpPostNorm].includes(part))
    return ["hidden_size"];
  if (part === names.qNorm || part === names.kNorm) {
    return [config.design.qkNormOfAllHeads ? "num_attention_heads x head_dim" : "head_dim"];
  }
  const linear = linearNames(names).find((one) => one.name === part);
  return linear ? linearFields(config, linear.role).slice(0, rank) : [];
}

function linearFields({ family }: ModelConfig, role: LinearRole): readonly string[] {
  const middle = family === "opt" ? "ffn_dim" : "intermediate_size";
  const heads = family === "opt" ? "hidden_size" : "num_attention_heads x head_dim";
  const kvHeads = family === "opt" ? "hidden_size" : "num_key_value_heads x head_dim";
  switch (role) {
    case "q":
      return [heads, "hidden_size"];
    case "k":
    case "v":
      return [kvHeads, "hidden_size"];
    case "o":
      return ["hidden_size", heads];
    case "up":
      return [middle, "hidden_size"];
    case "down":
      return ["hidden_size", middle];
  }
}

/** Families whose biases of linear layers depend on a field: of attention and of the MLP. */
const BIAS_FIELDS: Partial<Record<ModelConfig["family"], { attention: string; mlp?: string }>> = {
  llama: { attention: "attention_bias", mlp: "mlp_bias" },
  gemma: { attention: "attention_bias" },
  qwen3: { attention: "attention_bias" },
  opt: { attention: "enable_bias", mlp: "enable_bias" },
};

/** What config.json says about whether a tensor exists, as "field value"; undefined where no field decides it. */
export function presenceField(config: ModelConfig, tensor: string): string | undefined {
  const { names } = FAMILIES[config.family];
  if (tensor === `${names.head}.weight`) return `tie_word_embeddings ${config.tiedHead}`;
  if (!tensor.startsWith(names.layers)) return undefined;
  const [block = "", ...rest] = tensor.slice(names.layers.length).split(".");
  const fields = BIAS_FIELDS[config.family];
  const linear = linearNames(names).find(({ name }) => `${name}.bias` === rest.join("."));
  if (linear) {
    const { qkv, o, mlp } = config.design.biases;
    const inMlp = linear.role === "up" || linear.role === "down";
    const field = inMlp ? fields?.mlp : fields?.attention;
    return field === undefined ? undefined : `${field} ${inMlp ? mlp : linear.role === "o" ? o : qkv}`;
  }
  return Number(block) >= config.layers - 1 ? `num_hidden_layers ${config.layers}` : undefined;
}
