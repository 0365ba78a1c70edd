// The Python file with which transformers loads a compact export, and the names of its classes in config.json.
import { EngineError } from "../../errors.ts";
import { textFile, type OutputFile } from "../files/outputFile.ts";
import code from "./python/modeling_espalier.py?raw";

const MODULE = "modeling_espalier";

/** The name of a family in transformers' class names, by model_type; modeling_espalier.py has a config and a model for each. */
export const CLASS_NAMES: ReadonlyMap<string, string> = new Map([
  ["gemma", "Gemma"],
  ["llama", "Llama"],
  ["mistral", "Mistral"],
  ["opt", "OPT"],
  ["phi", "Phi"],
  ["qwen2", "Qwen2"],
  ["qwen3", "Qwen3"],
  ["gemma2", "Gemma2"],
  ["phi3", "Phi3"],
  ["gemma3_text", "Gemma3"],
  ["olmo2", "Olmo2"],
  ["granite", "Granite"],
  ["smollm3", "SmolLM3"],
]);

/** modeling_espalier.py, the same for every model. */
export function modelCodeFile(): OutputFile {
  return textFile(`${MODULE}.py`, code);
}

/** The fields of config.json through which `AutoModelForCausalLM` finds the classes. Throws "unsupported" for a model_type without them. */
export function modelCodeFields(modelType: string): { architectures: string[]; auto_map: Record<string, string> } {
  const name = CLASS_NAMES.get(modelType);
  if (name === undefined) {
    const known = [...CLASS_NAMES.keys()].join(", ");
    throw new EngineError(
      "unsupported",
      `config.json: model_type: expected one of ${known} for the compact form, got ${modelType}. Export the masked form, which loads wherever the model does.`,
      { modelType },
    );
  }
  const model = `Espalier${name}ForCausalLM`;
  return {
    architectures: [model],
    auto_map: { AutoConfig: `${MODULE}.Espalier${name}Config`, AutoModelForCausalLM: `${MODULE}.${model}` },
  };
}
