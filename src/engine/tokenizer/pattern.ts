// The patterns of tokenizer.json as searches that end: a hostile one is refused instead of hanging the program.
import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { EngineError, showValue } from "../errors.ts";
import type { JsonField } from "../json/jsonFields.ts";
import { countedSearch, type Search, STEPS_PER_CHARACTER, TooManySteps } from "./countedSearch.ts";
import { TOKENIZER_FILE } from "./part.ts";
import { isPublished } from "./publishedPatterns.ts";

/** Longer patterns are refused; those of published tokenizers have up to 500 characters. */
const LONGEST = 4000;

/** JavaScript's own search, for patterns that are safe with any text. */
export const searchOf =
  (pattern: RegExp): Search =>
  (text) =>
    text.matchAll(pattern);

/** A search for a text as it is written. */
export const literal = (text: string): Search =>
  searchOf(new RegExp(text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"), "gu"));

/**
 * {"String": ...} or {"Regex": ...}. The latter is Oniguruma's, which @huggingface/tokenizers translates. JavaScript's search cannot be
 * interrupted, so only published patterns use it; others are searched for with a limit on the steps. Throws "unsupported" for what neither
 * can run, and so does the search of a pattern that takes too many steps.
 */
export function readPattern(field: JsonField): Search {
  const text = field.get("String");
  if (text.value !== undefined) return literal(text.text());
  const regex = field.get("Regex");
  const source = regex.text();
  const pattern = source.length <= LONGEST ? translated(source) : undefined;
  const search = pattern && (isPublished(source) ? searchOf(pattern) : countedSearch(pattern));
  if (!search) throw refusal(regex, `a pattern that Espalier can run, of at most ${LONGEST} characters`);
  return function* (searched) {
    try {
      yield* search(searched);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      const expected = `a pattern that takes at most ${STEPS_PER_CHARACTER} steps per character (this one took more in a text of ${searched.length} characters)`;
      throw refusal(regex, expected);
    }
  };
}

function translated(source: string): RegExp | undefined {
  try {
    const { pattern } = new SplitPreTokenizer({
      ...{ type: "Split", pattern: { Regex: source }, behavior: "Isolated", invert: false },
    });
    return pattern instanceof RegExp ? pattern : undefined;
  } catch {
    return undefined;
  }
}

function refusal(field: JsonField, expected: string): EngineError {
  return new EngineError(
    "unsupported",
    `${TOKENIZER_FILE}: ${field.path}: expected ${expected}, got ${showValue(field.value)}. Use a model with another tokenizer.`,
    { file: TOKENIZER_FILE, field: field.path },
  );
}
