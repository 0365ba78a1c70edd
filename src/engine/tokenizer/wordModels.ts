// WordPiece and WordLevel: words looked up in a vocabulary, in parts or whole.
import type { JsonField } from "../json/jsonFields.ts";
import type { TokenModel } from "./model.ts";
import { isAbsent, textOr } from "./part.ts";
import { readVocabulary } from "./vocabulary.ts";

/** The work for a word grows with the cube of its length; published files have 100. */
const LONGEST_WORD = 1000;

/** The longest token that a word begins with, then the longest of the rest, and so on; a word that this does not finish is unknown. */
export function readWordPiece(field: JsonField): TokenModel {
  const vocabulary = readVocabulary(field.get("vocab"));
  const unknown = unknownOf(field, vocabulary, "[UNK]");
  const prefix = textOr(field.get("continuing_subword_prefix"), "##");
  const longest = isAbsent(field.get("max_input_chars_per_word"))
    ? 100
    : field.get("max_input_chars_per_word").count(LONGEST_WORD);
  return {
    vocabulary,
    size: vocabulary.size,
    encode(word) {
      const characters = Array.from(word);
      if (characters.length > longest) return [unknown()];
      const ids: number[] = [];
      for (let start = 0; start < characters.length;) {
        let end = characters.length;
        let id: number | undefined;
        for (; end > start && id === undefined; end -= id === undefined ? 1 : 0)
          id = vocabulary.get((start > 0 ? prefix : "") + characters.slice(start, end).join(""));
        if (id === undefined) return [unknown()];
        ids.push(id);
        start = end;
      }
      return ids;
    },
  };
}

export function readWordLevel(field: JsonField): TokenModel {
  const vocabulary = readVocabulary(field.get("vocab"));
  const unknown = unknownOf(field, vocabulary, "<unk>");
  return { vocabulary, size: vocabulary.size, encode: (word) => [vocabulary.get(word) ?? unknown()] };
}

/** The unknown token's id, asked for only where a word needs it: a vocabulary may do without. */
function unknownOf(field: JsonField, vocabulary: ReadonlyMap<string, number>, usual: string): () => number {
  const token = textOr(field.get("unk_token"), usual);
  return () =>
    vocabulary.get(token) ?? field.get("unk_token").refuse("a token of the vocabulary, for words that are not in it");
}
