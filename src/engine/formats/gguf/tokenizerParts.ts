// What the two kinds of tokenizer of a GGUF file put into tokenizer.json.

export type Json = Record<string, unknown>;

export interface TokenizerParts {
  normalizer: Json | null;
  preTokenizer: Json | null;
  decoder: Json;
  model: Json;
  /** Whether texts begin with a token of their own where the file does not say. */
  begins: boolean;
}
