// Checks a folder's weights against its config: every tensor is there in its shape, and there are no others.
import { EngineError, invariant } from "../errors.ts";
import { FLOAT_DTYPES, isFloatDtype, TAKE_FLOATS } from "../dtype.ts";
import { readError } from "../formats/files/readError.ts";
import type { TensorInfo } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { presenceField, shapeFields } from "../config/tensorFields.ts";
import { modelTensors, type TensorShape } from "../config/tensors.ts";

/** The part of a model's weights that `checkWeights` reads. */
interface WeightNames {
  /** How messages name the weights. */
  readonly file: string;
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

/** Within a family's model everything computes; other parts, such as the heads of classifiers, take no part in predicting tokens. */
const OWN_PART = /^(model|lm_head|layers|decoder|embed_tokens|norm)\./;

/** Stored tensors that the config does not describe. */
function extraTensors(config: ModelConfig, { names }: WeightNames): string[] {
  const known = new Set(modelTensors(config).map(({ name }) => name));
  if (config.tiedHead) known.add(`${FAMILIES[config.family].names.head}.weight`);
  return names.filter((name) => !known.has(name) && !ROPE_BUFFER.test(name));
}

/** A sentence about stored tensors that are not parts of the language model. */
export function extraNotes(config: ModelConfig, weights: WeightNames): string[] {
  const extra = extraTensors(config, weights).filter((name) => !OWN_PART.test(name));
  if (extra.length === 0) return [];
  return [
    `${weights.file}: ${some(extra)}: not part of the language model. As in transformers, they take no part in what it computes.`,
  ];
}

/** The number of a block in the name of one of its tensors. */
const BLOCK = /(?:^|\.)layers\.(\d+)\./;

/**
 * Refuses more blocks than the weights can have, before a list of their tensors is made: a config.json may name any number. Throws "config".
 * What it lets pass is compared tensor by tensor in `checkWeights`.
 */
export function checkBlocks({ layers }: ModelConfig, { file, names }: Pick<WeightNames, "file" | "names">): void {
  if (layers <= names.length) return;
  const blocks = new Set(names.flatMap((name) => BLOCK.exec(name)?.[1] ?? [])).size;
  throw readError({
    file: "config.json",
    field: "num_hidden_layers",
    expected: `at most ${blocks}, the blocks of ${file} (${names.length} tensors)`,
    got: String(layers),
    advice: SAME_MODEL,
    code: "config",
  });
}

/**
 * Checks names, shapes and dtypes of weights against the config, and returns the tensors to load. It accepts a stored copy of a tied head,
 * rotary buffers and parts beside the language model, which are not loaded. Throws "format" for missing or extra tensors and for a shape
 * that contradicts config.json (with both shapes and the fields), and "unsupported" for a dtype that is not a float.
 */
export function checkWeights(config: ModelConfig, weights: WeightNames): TensorShape[] {
  const { file } = weights;
  const expected = modelTensors(config);
  const head = `${FAMILIES[config.family].names.head}.weight`;
  const present = new Set(weights.names);
  const missing = expected.map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length > 0) {
    const message = `${file}: expected the ${expected.length} tensors that config.json describes, got none for ${missing.length} of them: ${some(missing)}${because(config, missing)}. ${SAME_MODEL}`;
    throw new EngineError("format", message, { missing });
  }
  const extra = extraTensors(config, weights).filter((name) => OWN_PART.test(name));
  if (extra.length > 0) {
    const message = `${file}: expected only the tensors that config.json describes for ${config.modelType} models, got ${extra.length} more: ${some(extra)}${because(config, extra)}. Without them the model would compute something else. ${SAME_MODEL}`;
    throw new EngineError("format", message, { extra });
  }
  const headShape = [config.vocab, config.embeddingWidth ?? config.dModel];
  const stored = present.has(head) && config.tiedHead ? [{ name: head, shape: headShape }] : [];
  for (const { name, shape } of [...expected, ...stored]) {
    const { dtype, shape: actual } = weights.info(name);
    const fields = shapeFields(config, name).join(", ");
    invariant(
      actual.length === shape.length && actual.every((n, i) => n === shape[i]),
      "format",
      `${file}: tensor '${name}': expected shape [${shape.join(", ")}] by config.json (${fields}), got [${actual.join(", ")}]. ${SAME_MODEL}`,
      { name, expected: shape, actual },
    );
    invariant(
      isFloatDtype(dtype),
      "unsupported",
      `${file}: tensor '${name}': expected one of ${FLOAT_DTYPES.join(", ")}, got ${dtype}. ${TAKE_FLOATS}`,
      { name, dtype },
    );
  }
  return expected;
}

/** The fields of config.json that say whether these tensors exist: " (config.json has mlp_bias false)". */
function because(config: ModelConfig, names: readonly string[]): string {
  const fields = new Set(names.map((name) => presenceField(config, name)).filter((field) => field !== undefined));
  return fields.size === 0 ? "" : ` (config.json has ${[...fields].join(", ")})`;
}
