// The check of a folder's weights against its config: every tensor there, in its shape, and none too many.
import { EngineError, invariant } from "../errors.ts";
import { FLOAT_DTYPES, isFloatDtype } from "../dtype.ts";
import type { TensorInfo } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { modelTensors, type TensorShape } from "../config/tensors.ts";

/** What `checkWeights` reads of a model's weights. */
export interface WeightNames {
  readonly names: readonly string[];
  info(name: string): Pick<TensorInfo, "dtype" | "shape">;
}

/** Buffers that old versions of transformers saved and that RoPE computes anyway. */
const ROPE_BUFFER = /\.rotary_emb\.inv_freq$/;

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
  const head = `${FAMILIES[config.family].names.head}.weight`;
  const present = new Set(weights.names);
  const missing = expected.map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length > 0) {
    const tied = missing.length === 1 && missing[0] === head ? "; config.json says tie_word_embeddings false" : "";
    const message = `${missing.length} of ${expected.length} tensors are missing: ${some(missing)}${tied}`;
    throw new EngineError("format", message, { missing });
  }
  const known = new Set(expected.map(({ name }) => name));
  if (config.tiedHead) known.add(head);
  const extra = weights.names.filter((name) => !known.has(name) && !ROPE_BUFFER.test(name));
  if (extra.length > 0) {
    const message = `${extra.length} tensors are not part of a ${config.modelType} model with this config.json: ${some(extra)}; it would compute something else without them`;
    throw new EngineError("format", message, { extra });
  }
  const headShape = [config.vocab, config.embeddingWidth ?? config.dModel];
  const stored = present.has(head) && config.tiedHead ? [{ name: head, shape: headShape }] : [];
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
