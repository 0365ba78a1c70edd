// The tokens of a model by text and by id.
import type { JsonField } from "../json/jsonFields.ts";

/** Largest id that is accepted: embeddings are indexed by u32, and no vocabulary comes near it. */
const MAX_ID = 2 ** 31;

/** {"token": id, ...}. Throws "format" for ids that are not whole numbers from 0 on, for one given twice, and for an empty vocabulary. */
export function readVocabulary(field: JsonField): Map<string, number> {
  const vocabulary = new Map<string, number>();
  const owners = new Map<number, string>();
  for (const [token, id] of field.entries()) {
    const number = id.number({ min: 0, max: MAX_ID, whole: true });
    const owner = owners.get(number);
    if (owner !== undefined) id.refuse(`an id of its own (${JSON.stringify(owner)} has ${number})`);
    owners.set(number, token);
    vocabulary.set(token, number);
  }
  if (vocabulary.size === 0) field.refuse("one token at least");
  return vocabulary;
}

/** The id of a token that the model names. Throws "format" where the vocabulary lacks it. */
export function idOfNamed(field: JsonField, vocabulary: ReadonlyMap<string, number>): number {
  return vocabulary.get(field.text()) ?? field.refuse("a token of the vocabulary");
}
