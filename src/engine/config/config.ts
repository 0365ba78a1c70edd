// Reads config.json: finds the family by its model_type and has it describe the model. What the engine does not run is refused by name.
import { ConfigFields } from "./configFields.ts";
import { FAMILIES, familyOf } from "./families/families.ts";
import type { ModelConfig } from "./modelConfig.ts";
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
  const fields: ConfigFields = new ConfigFields(json);
  const modelType = fields.string("model_type");
  const family = familyOf(modelType);
  if (!family) {
    fields.refuseUnsupported("model_type", `one of ${Object.keys(FAMILIES).join(", ")}`, {
      remedy: "Choose a model of one of these families.",
    });
  }
  const quantisation = fields.object("quantization_config");
  if (quantisation) {
    fields.refuseUnsupported("quantization_config", "no quantisation", {
      got: quantisation.string("quant_method", "an unnamed method"),
      remedy: "Use the repository's version in F32, F16 or BF16.",
    });
  }
  const config = family.readConfig(fields);
  if (config.headDim % HEAD_DIM_UNIT !== 0) {
    fields.refuseUnsupported("head_dim", `a multiple of ${HEAD_DIM_UNIT}, which the kernels need`, {
      got: config.headDim,
      remedy: "Choose another model.",
    });
  }
  return config;
}

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
