// What the two kinds of tokenizers in GGUF files share: the numbers of token types, and how a tokenizer.json is refused.
import { EngineError, showValue } from "../../../errors.ts";
import type { JsonField } from "../../../json/jsonFields.ts";
import type { MetadataEntry } from "./ggufFile.ts";

/** llama.cpp's numbers (tokenizer.ggml.token_type). */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** One of llama.cpp's tokenizers with what it reads of a vocabulary. */
export interface TokenizerKind {
  /** tokenizer.ggml.model */
  readonly model: "gpt2" | "llama";
  /** tokenizer.ggml.pre */
  readonly pre: string;
  /** Types by id, where they are not normal. */
  readonly types: ReadonlyMap<number, number>;
  readonly merges?: readonly string[];
  /** By id; 0 where missing. */
  readonly scores?: ReadonlyMap<number, number>;
  readonly entries: readonly MetadataEntry[];
  /** For which texts llama.cpp makes other tokens: full sentences. */
  readonly notes: readonly string[];
}

/** A field that is null where this object is. */
export const fieldOf = (object: JsonField, name: string): JsonField =>
  object.value === null || object.value === undefined ? object : object.get(name);

/** The error "unsupported" about a field of tokenizer.json. */
export function refuseTokenizer(field: JsonField, expected: string, got = showValue(field.value)): EngineError {
  return new EngineError(
    "unsupported",
    `tokenizer.json: ${field.path}: expected ${expected}, for GGUF, got ${got}. llama.cpp would make other tokens of the same text. Export the masked, compact or onnx form.`,
    { field: field.path },
  );
}
