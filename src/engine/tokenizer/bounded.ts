// A tokenizer for a model whose embedding has fewer rows than the tokenizer has ids.
import { EngineError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The same tokenizer, but `encode` throws "config" for a text that needs an id from `rows` on, and names the token. */
export function boundedTokenizer(tokenizer: Tokenizer, rows: number): Tokenizer {
  if (tokenizer.vocabSize <= rows) return tokenizer;
  return {
    ...tokenizer,
    encode: (text, options) => checked(tokenizer.encode(text, options)),
    *encodeInSlices(text, options) {
      return checked(yield* tokenizer.encodeInSlices(text, options));
    },
  };
  function checked(ids: number[]): number[] {
    const outside = ids.find((id) => id >= rows);
    if (outside === undefined) return ids;
    const token = tokenizer.decode([outside]);
    throw new EngineError(
      "config",
      `text: expected tokens with ids below ${rows}, the rows of the embedding, got ${JSON.stringify(token)} (id ${outside}). Remove it from the text.`,
      { token, id: outside, rows },
    );
  }
}
