// Tokenizers with what Python's library makes of texts (golden/reference/make_tokenizers.py): how tests read and compare them.
import { EngineError } from "../errors.ts";
import type { TokenFiles } from "./specialTokens.ts";
import { loadTokenizer } from "./tokenizer.ts";

/** One tokenizer and its texts; `error` where the library refuses a text. */
export interface TokenizerCase {
  name: string;
  tokenizer: unknown;
  texts: readonly (
    | { label: string; text: string; ids: number[]; framed: number[]; decoded: string; plain: string }
    | { label: string; text: string; error: string }
  )[];
}

/** The files of a case that name added tokens. */
export const tokenFilesOf = (files: Readonly<Record<string, unknown>>): TokenFiles => ({
  config: files["tokenizer_config.json"],
  specialTokensMap: files["special_tokens_map.json"],
  addedTokens: files["added_tokens.json"],
});

/** What differs from the library, one line for each text; empty where nothing does. */
export function differences({ name, tokenizer, texts }: TokenizerCase, beside: TokenFiles = {}): string[] {
  const ours = loadTokenizer(tokenizer, beside);
  return texts.flatMap((expected) => {
    const { label, text } = expected;
    if ("error" in expected) return refuses(() => ours.encode(text)) ? [] : [`${name}: ${label}: expected a refusal`];
    const ids = ours.encode(text);
    const found: [string, unknown, unknown][] = [
      ["ids", ids, expected.ids],
      ["ids with special tokens", ours.encode(text, { addSpecialTokens: true }), expected.framed],
      ["decoded text", ours.decode(expected.ids), expected.decoded],
      ["text without special tokens", ours.decode(expected.ids, { skipSpecialTokens: true }), expected.plain],
    ];
    return found.flatMap(([what, got, wanted]) =>
      JSON.stringify(got) === JSON.stringify(wanted) ? [] : [`${name}: ${label}: other ${what}`],
    );
  });
}

function refuses(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof EngineError;
  }
}
