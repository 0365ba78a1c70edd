// The architectures of GGUF files that are families of ours, and what llama.cpp's converter did to each one's tensors.
import { EngineError } from "../../errors.ts";
import type { Family } from "../../config/config.ts";

export interface GgufFamily {
  /** As general.architecture has it; in front of the keys of the metadata. */
  readonly name: string;
  readonly family: Family;
  /** The class of transformers, for config.json. */
  readonly className: string;
  /** Rows of q and k lie in pairs that RoPE turns, not in halves of a head. */
  readonly pairedRows: boolean;
  /** What was added to the weights of norms. */
  readonly normShift: number;
}

const plain = (name: string, family: Family, className: string): GgufFamily => {
  return { name, family, className, pairedRows: false, normShift: 0 };
};

const ARCHITECTURES: readonly GgufFamily[] = [
  { ...plain("llama", "llama", "LlamaForCausalLM"), pairedRows: true },
  plain("qwen2", "qwen2", "Qwen2ForCausalLM"),
  plain("qwen3", "qwen3", "Qwen3ForCausalLM"),
  { ...plain("gemma", "gemma", "GemmaForCausalLM"), normShift: 1 },
  plain("phi2", "phi", "PhiForCausalLM"),
];

/** Mistral's files are of the architecture llama; the window tells them apart, and is what they differ in. */
const MISTRAL: GgufFamily = { ...plain("llama", "mistral", "MistralForCausalLM"), pairedRows: true };

/** Throws "unsupported" with the list of what is. `window`: whether the metadata name a sliding window. */
export function ggufFamilyNamed(file: string, name: string, window: boolean): GgufFamily {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found) return found.family === "llama" && window ? MISTRAL : found;
  const supported = ARCHITECTURES.map((architecture) => architecture.name).join(", ");
  const message = `${file}: general.architecture '${name}' is not supported; supported: ${supported} (llama includes Mistral)`;
  throw new EngineError("unsupported", message, { name });
}
