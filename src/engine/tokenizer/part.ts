// One part of tokenizer.json: an object with a "type", read by a table of the types that we compute.
import { EngineError } from "../errors.ts";
import type { JsonField } from "../json/jsonFields.ts";

export const TOKENIZER_FILE = "tokenizer.json";

/** What to do about a file of a tokenizer that is malformed or contradicts itself or another one. */
export const PUBLISHED_TOKENIZER = "Use the tokenizer files that the model was published with.";

/** Makes a part from its JSON, by type. */
export type Makers<Part> = Readonly<Record<string, (field: JsonField) => Part>>;

/** True for null and for a field that is missing. */
export const isAbsent = (field: JsonField): boolean => field.value === undefined || field.value === null;

/** Throws "unsupported" about a type that we do not compute, with those that we do. */
export function makePart<Part>(field: JsonField, kind: string, makers: Makers<Part>): Part {
  const type = field.get("type").text();
  const make = Object.hasOwn(makers, type) ? makers[type] : undefined;
  if (make) return make(field);
  throw new EngineError(
    "unsupported",
    `${TOKENIZER_FILE}: ${field.path}.type: expected one of ${Object.keys(makers).join(", ")}, got "${type}". ` +
      `This ${kind} is not computed here; use a model with another tokenizer.`,
    { file: TOKENIZER_FILE, field: `${field.path}.type` },
  );
}

/** An optional true or false. */
export const flagOr = (field: JsonField, fallback: boolean): boolean => (isAbsent(field) ? fallback : field.flag());

/** An optional text; null and missing are the fallback. */
export const textOr = <T>(field: JsonField, fallback: T): string | T => (isAbsent(field) ? fallback : field.text());
