// Byte-pair encoding: a word's characters, joined pair by pair in the order of the merges.
import { EngineError } from "../errors.ts";
import type { JsonField } from "../json/jsonFields.ts";
import { mergeAll, type Merges } from "./merge.ts";
import type { TokenModel } from "./model.ts";
import { flagOr, isAbsent, textOr, TOKENIZER_FILE } from "./part.ts";
import { byteToken, utf8 } from "./unicode.ts";
import { idOfNamed, readVocabulary } from "./vocabulary.ts";
import { safeCuts } from "./safeCuts.ts";

interface Spelling {
  vocabulary: ReadonlyMap<string, number>;
  /** Put before every character but a word's first. */
  prefix: string;
  /** Put after a word's last character. */
  suffix: string;
  /** Characters without a token become the tokens of their bytes, where the vocabulary has all of these. */
  byteFallback: boolean;
  /** The token of characters that have none; undefined: they are dropped. */
  unknown: number | undefined;
  /** Neighbouring unknown characters become one token. */
  fuseUnknown: boolean;
}

/** Throws "format" for a vocabulary or merges that contradict themselves, "unsupported" for dropout. */
export function readBpe(field: JsonField): TokenModel {
  const vocabulary = readVocabulary(field.get("vocab"));
  const dropout = field.get("dropout");
  if (!isAbsent(dropout) && dropout.number({ min: 0, max: 1 }) > 0)
    throw new EngineError(
      "unsupported",
      `${TOKENIZER_FILE}: model.dropout: expected null, got ${dropout.number()}: ids would be drawn at random. Set it to null.`,
      { file: TOKENIZER_FILE, field: "model.dropout" },
    );
  const spelling: Spelling = {
    vocabulary,
    prefix: textOr(field.get("continuing_subword_prefix"), ""),
    suffix: textOr(field.get("end_of_word_suffix"), ""),
    byteFallback: flagOr(field.get("byte_fallback"), false),
    unknown: isAbsent(field.get("unk_token")) ? undefined : idOfNamed(field.get("unk_token"), vocabulary),
    fuseUnknown: flagOr(field.get("fuse_unk"), false),
  };
  const merges = readMerges(field.get("merges"), vocabulary, spelling.prefix.length);
  const whole = flagOr(field.get("ignore_merges"), false);
  const positional = spelling.prefix !== "" || spelling.suffix !== "";
  return {
    vocabulary,
    size: vocabulary.size,
    encode(word) {
      const id = whole ? vocabulary.get(word) : undefined;
      return id === undefined ? mergeAll(spell(word, spelling), merges) : [id];
    },
    ...(positional || whole ? {} : { cut: safeCuts(vocabulary) }),
  };
}

/** Pairs of ids to the rank of their merge and the id that they become. Texts "a b", or lists ["a", "b"]. */
function readMerges(field: JsonField, vocabulary: ReadonlyMap<string, number>, prefixLength: number): Merges {
  const merges: Merges = new Map();
  for (const [rank, merge] of field.list().entries()) {
    const [left, right, ...more] =
      typeof merge.value === "string" ? merge.value.split(" ") : merge.list(2).map((one) => one.text());
    if (left === undefined || right === undefined || left === "" || right === "" || more.length > 0)
      return merge.refuse("two tokens with a space between them");
    const [a, b] = [vocabulary.get(left), vocabulary.get(right)];
    const result = vocabulary.get(left + right.slice(prefixLength));
    if (a === undefined || b === undefined || result === undefined)
      return merge.refuse("two tokens of the vocabulary that make a third");
    let byRight = merges.get(a);
    if (!byRight) merges.set(a, (byRight = new Map<number, { rank: number; id: number }>()));
    byRight.set(b, { rank, id: result });
  }
  return merges;
}

/** A word as ids of single characters. */
function spell(word: string, { vocabulary, prefix, suffix, byteFallback, unknown, fuseUnknown }: Spelling): number[] {
  const ids: number[] = [];
  let pending = false;
  let at = 0;
  for (const character of word) {
    const spelled = (at === 0 ? "" : prefix) + character + (at + character.length === word.length ? suffix : "");
    at += character.length;
    const id = vocabulary.get(spelled);
    if (id !== undefined) {
      if (pending && unknown !== undefined) ids.push(unknown);
      pending = false;
      ids.push(id);
      continue;
    }
    const bytes = byteFallback ? byteIds(spelled, vocabulary) : undefined;
    if (bytes) for (const byte of bytes) ids.push(byte);
    else if (unknown !== undefined) {
      if (pending && !fuseUnknown) ids.push(unknown);
      pending = true;
    }
  }
  if (pending && unknown !== undefined) ids.push(unknown);
  return ids;
}

/** The ids of a text's bytes; undefined where one has no token. */
export function byteIds(text: string, vocabulary: ReadonlyMap<string, number>): number[] | undefined {
  const ids: number[] = [];
  for (const byte of utf8(text)) {
    const id = vocabulary.get(byteToken(byte));
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}
