// The patterns of tokenizer.json as JavaScript's regular expressions.
import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { EngineError } from "../errors.ts";
import type { JsonField } from "../json/jsonFields.ts";
import { TOKENIZER_FILE } from "./part.ts";

/** A pattern that matches a text as it is written. */
export const literal = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"), "gu");

/**
 * {"String": ...} or {"Regex": ...}. The latter is Oniguruma's, which @huggingface/tokenizers translates.
 * Throws "unsupported" for what it cannot translate.
 */
export function readPattern(field: JsonField): RegExp {
  const text = field.get("String");
  if (text.value !== undefined) return literal(text.text());
  const source = field.get("Regex").text();
  try {
    const { pattern } = new SplitPreTokenizer({
      ...{ type: "Split", pattern: { Regex: source }, behavior: "Isolated", invert: false },
    });
    if (pattern instanceof RegExp) return pattern;
  } catch {
    // refused below
  }
  throw new EngineError(
    "unsupported",
    `${TOKENIZER_FILE}: ${field.path}.Regex: expected a pattern that JavaScript can run, got ${source.slice(0, 80)}. ` +
      "Use a model with another tokenizer.",
    { file: TOKENIZER_FILE, field: `${field.path}.Regex` },
  );
}
