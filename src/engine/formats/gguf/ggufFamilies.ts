// The GGUF architectures that Espalier reads, and how llama.cpp's converter changed the tensors of each.
import type { Family } from "../../config/config.ts";
import { CHOOSE_ANOTHER, readError } from "../files/readError.ts";

export interface GgufFamily {
  /** The value of general.architecture, which also is the prefix of the metadata keys. */
  readonly name: string;
  readonly family: Family;
  /** The class in transformers, for config.json. */
  readonly className: string;
  /** Rows of q and k are stored in pairs that RoPE rotates, not in two halves of a head. */
  readonly pairedRows: boolean;
  /** Number that was added to the weights of norms. */
  readonly normShift: number;
  /** A file can be written from other files than GGUF; those of the other architectures only come back with zeros. */
  readonly written: boolean;
}

const plain = (name: string, family: Family, className: string): GgufFamily => {
  return { name, family, className, pairedRows: false, normShift: 0, written: true };
};
const readOnly = (name: string, family: Family, className: string): GgufFamily => ({
  ...plain(name, family, className),
  written: false,
});

const ARCHITECTURES: readonly GgufFamily[] = [
  { ...plain("llama", "llama", "LlamaForCausalLM"), pairedRows: true },
  plain("qwen2", "qwen2", "Qwen2ForCausalLM"),
  plain("qwen3", "qwen3", "Qwen3ForCausalLM"),
  { ...plain("gemma", "gemma", "GemmaForCausalLM"), normShift: 1 },
  plain("phi2", "phi", "PhiForCausalLM"),
  { ...readOnly("gemma2", "gemma2", "Gemma2ForCausalLM"), normShift: 1 },
  { ...readOnly("gemma3", "gemma3_text", "Gemma3ForCausalLM"), normShift: 1 },
  readOnly("phi3", "phi3", "Phi3ForCausalLM"),
  readOnly("olmo2", "olmo2", "Olmo2ForCausalLM"),
  { ...readOnly("smollm3", "smollm3", "SmolLM3ForCausalLM"), pairedRows: true },
  { ...readOnly("granite", "granite", "GraniteForCausalLM"), pairedRows: true },
];

/** Mistral's files have the architecture llama; only the sliding window distinguishes them. */
const MISTRAL: GgufFamily = { ...plain("llama", "mistral", "MistralForCausalLM"), pairedRows: true };

/** The architecture in which a family's files are written; undefined if there is none. */
export const ggufFamilyOf = (family: Family): GgufFamily | undefined =>
  [...ARCHITECTURES, MISTRAL].find((architecture) => architecture.written && architecture.family === family);

/** The architecture with this name. `window`: whether the metadata has a sliding window. Throws "unsupported" with the list of supported ones. */
export function ggufFamilyNamed(file: string, name: string, window: boolean): GgufFamily {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found) return found.family === "llama" && window ? MISTRAL : found;
  const supported = ARCHITECTURES.map((architecture) => architecture.name).join(", ");
  throw readError({
    file,
    field: "general.architecture",
    expected: `one of ${supported} (llama includes Mistral)`,
    got: name,
    advice: CHOOSE_ANOTHER,
    code: "unsupported",
    detail: { name },
  });
}
