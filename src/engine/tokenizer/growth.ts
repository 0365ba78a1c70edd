// A limit on how much longer a text may become while it is normalised: rules that replace a by aa, in a row, would fill the memory.
import { EngineError } from "../errors.ts";
import type { JsonField } from "../json/jsonFields.ts";
import type { Search } from "./countedSearch.ts";
import type { Normalizer } from "./normalizer.ts";
import { TOKENIZER_FILE } from "./part.ts";

/** A compatibility decomposition makes at most 18 characters of one. */
const MOST_TIMES = 32;
/** Characters that any text may gain. */
const MORE = 4096;

/** The longest text that a text of `length` may become. */
const longest = (length: number): number => MOST_TIMES * length + MORE;

function tooLong(field: JsonField): EngineError {
  return new EngineError(
    "unsupported",
    `${TOKENIZER_FILE}: ${field.path}: expected texts at most ${MOST_TIMES} times as long as before, got more. Use a model with another tokenizer.`,
    { file: TOKENIZER_FILE, field: field.path },
  );
}

/** The text that `text` became. Throws "unsupported" about the field where it is too long. */
export function checkGrowth(text: string, done: string, field: JsonField): string {
  if (done.length > longest(text.length)) throw tooLong(field);
  return done;
}

/** The same normaliser, with `checkGrowth`. */
export const bounded =
  (normalize: Normalizer, field: JsonField): Normalizer =>
  (text, onMoved) =>
    checkGrowth(text, normalize(text, onMoved), field);

/** The text with every match replaced by `content`. Throws "unsupported" about the field before it becomes too long. */
export function replaced(
  text: string,
  search: Search,
  { content, field }: { content: string; field: JsonField },
): string {
  const parts: string[] = [];
  let [from, gained] = [0, 0];
  for (const { index, 0: found } of search(text)) {
    gained += content.length - found.length;
    if (text.length + gained > longest(text.length)) throw tooLong(field);
    parts.push(text.slice(from, index), content);
    from = index + found.length;
  }
  return parts.length === 0 ? text : parts.join("") + text.slice(from);
}
