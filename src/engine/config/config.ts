// Reads config.json: finds the family by its model_type and lets it say what the model is. Everything else is refused by name.
import { EngineError } from "../errors.ts";
import { ConfigFields } from "./configFields.ts";
import { FAMILIES, familyOf } from "./families/families.ts";
import type { ModelConfig } from "./modelConfig.ts";
import { modelTensors, parametersOf, type TensorPart } from "./tensors.ts";

export type { Design, Family, ModelConfig, RopeConfig } from "./modelConfig.ts";

/** The attention kernels read whole vec4s of a head. */
const HEAD_DIM_UNIT = 4;

/**
 * Reads a parsed config.json. Fields that are missing take the defaults of transformers; nothing is guessed.
 * Throws EngineError "unsupported" for a family, rope type or quantisation that the engine does not run, "config" for a field that is
 * missing, of the wrong type, or contradicts another.
 */
export function readConfig(json: unknown): ModelConfig {
  const fields = new ConfigFields(json);
  const modelType = fields.string("model_type");
  const family = familyOf(modelType);
  if (!family) {
    const supported = `supported: ${Object.keys(FAMILIES).join(", ")}`;
    throw new EngineError("unsupported", `model_type '${modelType}' is not supported; ${supported}`, { modelType });
  }
  const quantisation = fields.object("quantization_config");
  if (quantisation) {
    const method = quantisation.string("quant_method", "unnamed");
    const remedy = "use the repository's version in F32, F16 or BF16";
    throw new EngineError("unsupported", `weights quantised with '${method}' are not supported; ${remedy}`, { method });
  }
  const config = family.readConfig(fields);
  if (config.headDim % HEAD_DIM_UNIT !== 0) {
    const remedy = `heads are read ${HEAD_DIM_UNIT} dimensions at a time, so a multiple of ${HEAD_DIM_UNIT} is needed`;
    throw new EngineError("unsupported", `config.json: head_dim ${config.headDim} is not supported; ${remedy}`, {
      headDim: config.headDim,
    });
  }
  return config;
}

/** Weights by where they are; `blocks` are the linear weights of the blocks, the only ones that pruning cuts; `head` is 0 where it is the embedding. */
export type ParameterCounts = Record<TensorPart | "total", number>;

/** Counts a model's parameters; T_total of METHOD.md 1.4 is `blocks`. */
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
