// Reads config.json: finds the family by its model_type and has it describe the model. What the engine does not run is refused by name.
import { TAKE_FLOATS } from "../dtype.ts";
import { ConfigFields } from "./configFields.ts";
import { FAMILIES, familyOf } from "./families/families.ts";
import type { ModelConfig } from "./modelConfig.ts";
import { checkSwitches } from "./switches.ts";
import { modelTensors, parametersOf, type TensorPart } from "./tensors.ts";

export type { Family, ModelConfig } from "./modelConfig.ts";

/** The attention kernels read the dimensions of a head four at a time. */
const HEAD_DIM_UNIT = 4;

/**
 * Reads a parsed config.json. Missing fields take the defaults of transformers; nothing is guessed.
 * Throws EngineError "unsupported" for a family, RoPE type or quantisation that the engine does not run, and "config" for a field that is
 * missing, has the wrong type, or contradicts another.
 */
export function readConfig(json: unknown): ModelConfig {
  return readConfigWithNotes(json).config;
}

/** The same, with what a user should know about fields that have no effect: full sentences. */
export function readConfigWithNotes(json: unknown): { config: ModelConfig; notes: readonly string[] } {
  const fields: ConfigFields = new ConfigFields(json);
  const modelType = fields.string("model_type");
  const family = familyOf(modelType);
  if (!family) {
    fields.refuseUnsupported("model_type", `one of ${Object.keys(FAMILIES).join(", ")}`, {
      remedy: modelType.startsWith("espalier_")
        ? "This is a compact export of Espalier: open the model that it was made of, or its masked form."
        : "Choose a model of one of these families.",
    });
  }
  for (const section of QUANTISATION) {
    const quantisation = fields.object(section);
    if (!quantisation) continue;
    fields.refuseUnsupported(section, "no quantisation", {
      got: quantisation.get("quant_method") ?? bitsandbytes(quantisation) ?? "an unnamed method",
      remedy: `${TAKE_FLOATS} If the weights already are floats and the field is a remnant, remove it from config.json.`,
    });
  }
  const config = family.readConfig(fields);
  if (config.headDim % HEAD_DIM_UNIT !== 0) {
    fields.refuseUnsupported("head_dim", `a multiple of ${HEAD_DIM_UNIT}, which the kernels need`, {
      got: config.headDim,
      remedy: "Choose another model.",
    });
  }
  fields.tokens("pad_token_id", config.vocab, []);
  checkSwitches(fields, config.family);
  return { config, notes: fields.notes };
}

/** Where config.json describes quantised weights: today's field, an older one of compressed-tensors, and MLX's. */
const QUANTISATION = ["quantization_config", "compression_config", "quantization"];

/** The method of a section that only has the switches of bitsandbytes. */
const bitsandbytes = (section: ConfigFields): string | undefined =>
  section.get("load_in_4bit") === true || section.get("load_in_8bit") === true ? "bitsandbytes" : undefined;

/** Values by part. `blocks`: the linear weights of the blocks, the only ones that pruning removes. `head`: 0 if it is tied to the embedding. */
export type ParameterCounts = Record<TensorPart | "total", number>;

/** Counts a model's parameters. `blocks` is T_total of METHOD.md 1.4. */
export function countParameters(config: ModelConfig): ParameterCounts {
  const tensors = modelTensors(config);
  const count = (part: TensorPart): number => parametersOf(tensors.filter((tensor) => tensor.part === part));
  return {
    blocks: count("blocks"),
    embeddings: count("embeddings"),
    head: count("head"),
    norms: count("norms"),
    biases: count("biases"),
    total: parametersOf(tensors),
  };
}
