// The tensors that a model must have, by name and shape, and the check of a folder's weights against its config.
import { EngineError, invariant } from "../errors.ts";
import { FLOAT_DTYPES, isFloatDtype } from "../formats/dtype.ts";
import type { TensorInfo } from "../formats/safetensors.ts";
import type { Family, ModelConfig } from "./config.ts";

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What `checkWeights` reads of a model's weights. */
export interface WeightNames {
  readonly names: readonly string[];
  info(name: string): Pick<TensorInfo, "dtype" | "shape">;
}

const HEAD = "lm_head.weight";
/** Buffers that old versions of transformers saved and that RoPE computes anyway. */
const ROPE_BUFFER = /\.rotary_emb\.inv_freq$/;

/** LLaMA's tensors in order of use; linear weights are (out, in). lm_head.weight only where the head is not the embedding. */
export function llamaTensors(config: ModelConfig): TensorShape[] {
  const { dModel, dMlp, headDim, vocab } = config;
  const dq = config.heads * headDim;
  const dkv = config.kvHeads * headDim;
  const blocks = Array.from({ length: config.layers }, (_, l): TensorShape[] => {
    const at = `model.layers.${l}`;
    return [
      { name: `${at}.input_layernorm.weight`, shape: [dModel] },
      { name: `${at}.self_attn.q_proj.weight`, shape: [dq, dModel] },
      { name: `${at}.self_attn.k_proj.weight`, shape: [dkv, dModel] },
      { name: `${at}.self_attn.v_proj.weight`, shape: [dkv, dModel] },
      { name: `${at}.self_attn.o_proj.weight`, shape: [dModel, dq] },
      { name: `${at}.post_attention_layernorm.weight`, shape: [dModel] },
      { name: `${at}.mlp.gate_proj.weight`, shape: [dMlp, dModel] },
      { name: `${at}.mlp.up_proj.weight`, shape: [dMlp, dModel] },
      { name: `${at}.mlp.down_proj.weight`, shape: [dModel, dMlp] },
    ];
  });
  return [
    { name: "model.embed_tokens.weight", shape: [vocab, dModel] },
    ...blocks.flat(),
    { name: "model.norm.weight", shape: [dModel] },
    ...(config.tiedHead ? [] : [{ name: HEAD, shape: [vocab, dModel] }]),
  ];
}

const TENSORS: Record<Family, (config: ModelConfig) => TensorShape[]> = { llama: llamaTensors };

/** The tensors of a model of any family. */
export function modelTensors(config: ModelConfig): TensorShape[] {
  return TENSORS[config.family](config);
}

/** The first few names, and how many more. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(", ");
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

/**
 * Checks names, shapes and dtypes of weights against the config, and returns the tensors to load.
 * Tolerated beyond those: a stored copy of a tied head, and rotary buffers. Throws "format" for missing or extra tensors and for a
 * shape that contradicts config.json (with both numbers), "unsupported" for a dtype that is not a float.
 */
export function checkWeights(config: ModelConfig, weights: WeightNames): TensorShape[] {
  const expected = modelTensors(config);
  const present = new Set(weights.names);
  const missing = expected.map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length > 0) {
    const tied = missing.length === 1 && missing[0] === HEAD ? "; config.json says tie_word_embeddings false" : "";
    const message = `${missing.length} of ${expected.length} tensors are missing: ${some(missing)}${tied}`;
    throw new EngineError("format", message, { missing });
  }
  const known = new Set(expected.map(({ name }) => name));
  if (config.tiedHead) known.add(HEAD);
  const extra = weights.names.filter((name) => !known.has(name) && !ROPE_BUFFER.test(name));
  if (extra.length > 0) {
    const message = `${extra.length} tensors are not part of a ${config.modelType} model: ${some(extra)}; it would compute something else without them`;
    throw new EngineError("format", message, { extra });
  }
  const stored = present.has(HEAD) && config.tiedHead ? [{ name: HEAD, shape: [config.vocab, config.dModel] }] : [];
  for (const { name, shape } of [...expected, ...stored]) {
    const { dtype, shape: actual } = weights.info(name);
    invariant(
      actual.length === shape.length && actual.every((n, i) => n === shape[i]),
      "format",
      `tensor '${name}' has the shape [${actual.join(", ")}], but config.json asks for [${shape.join(", ")}]`,
      { name, expected: shape, actual },
    );
    invariant(
      isFloatDtype(dtype),
      "unsupported",
      `tensor '${name}' is ${dtype}; weights must be one of ${FLOAT_DTYPES.join(", ")}`,
      { name, dtype },
    );
  }
  return expected;
}
