// The parts of tokenizer.json that differ between the two kinds of GGUF tokenizers.

export type Json = Record<string, unknown>;

export interface TokenizerParts {
  normalizer: Json | null;
  preTokenizer: Json | null;
  decoder: Json;
  model: Json;
  /** Whether texts begin with the begin token where the file does not specify it. */
  begins: boolean;
}
