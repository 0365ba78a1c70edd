// Checks a folder's weights against its config: every tensor is there in its shape, and there are no others.
import { EngineError, invariant } from "../errors.ts";
import { FLOAT_DTYPES, isFloatDtype } from "../dtype.ts";
import type { TensorInfo } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { modelTensors, type TensorShape } from "../config/tensors.ts";

/** The part of a model's weights that `checkWeights` reads. */
interface WeightNames {
  readonly names: readonly string[];
  info(name: string): Pick<TensorInfo, "dtype" | "shape">;
}

/** Buffers that old versions of transformers saved; RoPE computes them itself. */
const ROPE_BUFFER = /\.rotary_emb\.inv_freq$/;

/** The first few names, and how many more there are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(", ");
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

const SAME_MODEL = "Use config.json and weights of the same model.";

/**
 * Checks names, shapes and dtypes of weights against the config, and returns the tensors to load. It accepts a stored copy of a tied head
 * and rotary buffers, which are not loaded. Throws "format" for missing or extra tensors and for a shape that contradicts config.json (with
 * both shapes), and "unsupported" for a dtype that is not a float.
 */
export function checkWeights(config: ModelConfig, weights: WeightNames): TensorShape[] {
  const expected = modelTensors(config);
  const head = `${FAMILIES[config.family].names.head}.weight`;
  const present = new Set(weights.names);
  const missing = expected.map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length > 0) {
    const tied = missing.length === 1 && missing[0] === head ? " (config.json has tie_word_embeddings false)" : "";
    const message = `weights: ${missing.length} of ${expected.length} tensors are missing: ${some(missing)}${tied}. ${SAME_MODEL}`;
    throw new EngineError("format", message, { missing });
  }
  const known = new Set(expected.map(({ name }) => name));
  if (config.tiedHead) known.add(head);
  const extra = weights.names.filter((name) => !known.has(name) && !ROPE_BUFFER.test(name));
  if (extra.length > 0) {
    const message = `weights: expected only the tensors of a ${config.modelType} model with this config.json, got ${extra.length} more: ${some(extra)}. Without them the model would compute something else. ${SAME_MODEL}`;
    throw new EngineError("format", message, { extra });
  }
  const headShape = [config.vocab, config.embeddingWidth ?? config.dModel];
  const stored = present.has(head) && config.tiedHead ? [{ name: head, shape: headShape }] : [];
  for (const { name, shape } of [...expected, ...stored]) {
    const { dtype, shape: actual } = weights.info(name);
    invariant(
      actual.length === shape.length && actual.every((n, i) => n === shape[i]),
      "format",
      `weights: tensor '${name}': expected shape [${shape.join(", ")}] by config.json, got [${actual.join(", ")}]. ${SAME_MODEL}`,
      { name, expected: shape, actual },
    );
    invariant(
      isFloatDtype(dtype),
      "unsupported",
      `weights: tensor '${name}': expected one of ${FLOAT_DTYPES.join(", ")}, got ${dtype}. Use the model in one of these dtypes.`,
      { name, dtype },
    );
  }
  return expected;
}
