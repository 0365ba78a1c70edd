// Pre-tokenizers: what cuts a normalised text into words, which the model then encodes one by one.
import type { JsonField } from "../json/jsonFields.ts";
import { toByteCharacters } from "./byteLevel.ts";
import type { Search } from "./countedSearch.ts";
import { flagOr, isAbsent, makePart, type Makers } from "./part.ts";
import { literal, readPattern, searchOf } from "./pattern.ts";
import { type Behaviour, BEHAVIOURS, matchSpans, split } from "./splits.ts";
import { PUNCTUATION, WORD_CLASS } from "./unicode.ts";

export interface PreTokenizer {
  /** Cuts a piece into words; `first`: the piece begins where the text does. */
  cut(piece: string, first: boolean): Iterable<string>;
  /** Whether the first word begins after the start of the piece. */
  movesStart?: (piece: string) => boolean;
  /** How the model sees a word. Apart from `cut`, so that words can be looked up as they are written. */
  spell?: (word: string) => string;
}

/** GPT-2's words. */
const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Throws "unsupported" for a type that is not computed, "format" for fields of the wrong kind. */
export function readPreTokenizer(field: JsonField): PreTokenizer {
  return isAbsent(field) ? WHOLE : makePart(field, "pre-tokenizer", MAKERS);
}

const WHOLE: PreTokenizer = { cut: (text) => [text] };

function cutAt(search: Search, behaviour: Behaviour, invert = false): PreTokenizer {
  return {
    cut: (text) => split(text, matchSpans(text, search, invert), behaviour),
    movesStart: (text) => behaviour === "Removed" && firstOf(matchSpans(text, search, invert))?.match === true,
  };
}

function firstOf<T>(all: Iterable<T>): T | undefined {
  for (const one of all) return one;
  return undefined;
}

const WHITE_SPACE = searchOf(/\p{White_Space}/gu);

/** A text of one character. */
const character = (field: JsonField): string =>
  Array.from(field.text()).length === 1 ? field.text() : field.refuse("one character");

const behaviourOf = (field: JsonField): Behaviour =>
  isAbsent(field.get("behavior")) ? "Isolated" : field.get("behavior").oneOf(BEHAVIOURS);

const MAKERS: Makers<PreTokenizer> = {
  Sequence: (field) => field.get("pretokenizers").list().map(readPreTokenizer).reduce(chained, WHOLE),
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: (field) => cutAt(readPattern(field.get("pattern")), behaviourOf(field), flagOr(field.get("invert"), false)),
  Punctuation: (field) => cutAt(searchOf(PUNCTUATION), behaviourOf(field)),
  Digits: (field) =>
    cutAt(searchOf(/\p{N}/gu), flagOr(field.get("individual_digits"), false) ? "Isolated" : "Contiguous"),
  Whitespace: () =>
    cutAt(searchOf(new RegExp(`[${WORD_CLASS}]+|[^${WORD_CLASS}\\p{White_Space}]+`, "gu")), "Removed", true),
  WhitespaceSplit: () => cutAt(WHITE_SPACE, "Removed"),
  BertPreTokenizer: () => chained(cutAt(WHITE_SPACE, "Removed"), cutAt(searchOf(PUNCTUATION), "Isolated")),
  CharDelimiterSplit: (field) => cutAt(literal(character(field.get("delimiter"))), "Removed"),
  FixedLength: (field) =>
    fixedLength(isAbsent(field.get("length")) ? 5 : field.get("length").number({ min: 1, whole: true })),
};

function chained(outer: PreTokenizer, inner: PreTokenizer): PreTokenizer {
  const outerWords = function* (text: string, first: boolean): Generator<string> {
    for (const word of outer.cut(text, first)) yield outer.spell?.(word) ?? word;
  };
  const movesStart = (text: string): boolean => outer.movesStart?.(text) === true;
  return {
    *cut(text, first) {
      let begins = first && !movesStart(text);
      for (const word of outerWords(text, first)) {
        yield* inner.cut(word, begins);
        begins = false;
      }
    },
    movesStart: (text) => movesStart(text) || inner.movesStart?.(firstOf(outerWords(text, true)) ?? "") === true,
    ...(inner.spell ? { spell: inner.spell } : {}),
  };
}

function byteLevel(field: JsonField): PreTokenizer {
  const prefix = flagOr(field.get("add_prefix_space"), true);
  const words = flagOr(field.get("use_regex"), true);
  return {
    *cut(text) {
      const spaced = prefix && !text.startsWith(" ") ? ` ${text}` : text;
      if (!words) yield spaced;
      else for (const [word] of spaced.matchAll(GPT2_WORDS)) yield word;
    },
    spell: toByteCharacters,
  };
}

const SCHEMES = ["always", "first", "never"] as const;

function metaspace(field: JsonField): PreTokenizer {
  const mark = isAbsent(field.get("replacement")) ? "\u2581" : character(field.get("replacement"));
  const scheme = isAbsent(field.get("prepend_scheme"))
    ? flagOr(field.get("add_prefix_space"), true)
      ? "always"
      : "never"
    : field.get("prepend_scheme").oneOf(SCHEMES);
  const splits = flagOr(field.get("split"), true);
  const pattern = literal(mark);
  return {
    cut(text, first) {
      const marked = text.replaceAll(" ", mark);
      const prepends = (scheme === "always" || (scheme === "first" && first)) && !marked.startsWith(mark);
      const whole = prepends ? mark + marked : marked;
      return splits ? split(whole, matchSpans(whole, pattern), "MergedWithNext") : [whole];
    },
  };
}

function fixedLength(length: number): PreTokenizer {
  return {
    *cut(text) {
      let [piece, count] = ["", 0];
      for (const character of text) {
        piece += character;
        count += 1;
        if (count < length) continue;
        yield piece;
        [piece, count] = ["", 0];
      }
      if (piece !== "") yield piece;
    },
  };
}
