// Text to token ids and back, from a model's tokenizer.json, as the tokenizers library of Hugging Face computes them.
import { JsonField } from "../json/jsonFields.ts";
import { type AddedToken, sectionsOf } from "./addedTokens.ts";
import { allAddedTokens } from "./allAddedTokens.ts";
import { readDecoder } from "./decoders.ts";
import type { TokenModel } from "./model.ts";
import { readModel } from "./models.ts";
import type { Normalizer } from "./normalizer.ts";
import { readNormalizer } from "./normalizers.ts";
import { PUBLISHED_TOKENIZER, TOKENIZER_FILE } from "./part.ts";
import type { TokenFiles } from "./specialTokens.ts";
import { readPostProcessor } from "./postProcessors.ts";
import { type PreTokenizer, readPreTokenizer } from "./preTokenizers.ts";
import { startTextStream, type TextStream } from "./textStream.ts";
import { wellFormed } from "./unicode.ts";

interface EncodeOptions {
  /** Adds what the tokenizer's template adds (usually <s> at the start). Off by default: perplexities are stated without. */
  addSpecialTokens?: boolean;
}

interface DecodeOptions {
  /** Leaves tokens such as </s> out of the text. */
  skipSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** Ids of text; "<s>" in the text is the token, as in transformers. Linear in the length of the text. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The same in slices of some milliseconds, between which the caller can let other work run, or stop. Returns the ids. */
  encodeInSlices(text: string, options?: EncodeOptions): Generator<undefined, number[]>;
  /** Text of ids; bytes that are not UTF-8 become U+FFFD, ids that the tokenizer does not have become nothing. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Decodes token by token; what it emits, joined, is what `decode` gives for all ids. */
  stream(options?: DecodeOptions): TextStream;
}

/**
 * Makes a tokenizer from the parsed tokenizer.json and the files beside it, of which added tokens are read. Throws EngineError("format") for
 * fields that are missing or contradict each other, and "unsupported" for a part that is not computed here.
 */
export function loadTokenizer(tokenizerJson: unknown, beside: TokenFiles = {}): Tokenizer {
  const root = new JsonField(tokenizerJson, TOKENIZER_FILE, "", PUBLISHED_TOKENIZER);
  const model = readModel(root.get("model"));
  const added = allAddedTokens(root.get("added_tokens"), beside, model);
  const normalize = readNormalizer(root.get("normalizer"));
  const sections = sectionsOf(added, normalize);
  const encodeWords = wordEncoder(model, readPreTokenizer(root.get("pre_tokenizer")));
  const { texts, special } = tokensById(model, added, normalize);
  const frame = readPostProcessor(root.get("post_processor"), texts);
  const decoder = readDecoder(root.get("decoder"));
  const decode: Tokenizer["decode"] = (ids, { skipSpecialTokens = false } = {}) => {
    const tokens = Array.from(ids, (id) => (skipSpecialTokens && special.has(id) ? undefined : texts.get(id)));
    return decoder(tokens.filter((token) => token !== undefined)).join("");
  };
  const encodeInSlices: Tokenizer["encodeInSlices"] = function* (text, { addSpecialTokens = false } = {}) {
    const ids: number[] = [];
    const push = (more: readonly number[]): void => {
      for (const id of more) ids.push(id);
    };
    if (addSpecialTokens) push(frame.before);
    for (const { section, first } of sections(wellFormed(text))) {
      if (typeof section === "string") yield* encodeWords(section, first, push);
      else ids.push(section.id);
    }
    if (addSpecialTokens) push(frame.after);
    return ids;
  };
  return {
    vocabSize: [...texts.keys()].reduce((most, id) => Math.max(most, id + 1), 0),
    encode: (text, options) => finished(encodeInSlices(text, options)),
    encodeInSlices,
    decode,
    stream: (options) => startTextStream((ids) => decode(ids, options)),
  };
}

/** What a generator returns, without a break. */
function finished<T>(slices: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

function tokensById(
  model: TokenModel,
  added: readonly AddedToken[],
  normalize: Normalizer,
): { texts: ReadonlyMap<number, string>; special: ReadonlySet<number> } {
  const texts = new Map<number, string>();
  for (const [token, id] of model.vocabulary) texts.set(id, token);
  // the library decodes a normalised added token as it looks for it
  for (const { id, content, normalized } of added) texts.set(id, normalized ? normalize(content) : content);
  // and leaves out what it decodes as a special token's own content
  const contents = new Set(added.flatMap(({ content, special }) => (special ? [content] : [])));
  const special = added.flatMap(({ id }) => (contents.has(texts.get(id) ?? "") ? [id] : []));
  return { texts, special: new Set(special) };
}

/** Words, or parts of a long one, whose ids are remembered before all are forgotten. */
const CACHE_WORDS = 65_536;
/** Longer ones are not remembered: they do not come again. */
const CACHE_CHARACTERS = 64;

/** Words that are encoded before other work may run. */
const WORDS_PER_SLICE = 2000;

/** Encodes a section word by word, and a word without end part by part, remembering ids. */
function wordEncoder(
  model: TokenModel,
  { cut, spell }: PreTokenizer,
): (section: string, first: boolean, push: (ids: readonly number[]) => void) => Generator<undefined> {
  const cache = new Map<string, readonly number[]>();
  const idsOf = (word: string, spelled: (word: string) => string): readonly number[] => {
    const known = cache.get(word);
    if (known) return known;
    const ids = model.encode(spelled(word));
    if (word.length > CACHE_CHARACTERS) return ids;
    if (cache.size >= CACHE_WORDS) cache.clear();
    cache.set(word, ids);
    return ids;
  };
  const asItIs = (word: string): string => word;
  let count = 0;
  return function* (section, first, push) {
    for (const word of cut(section, first)) {
      if (++count % WORDS_PER_SLICE === 0) yield;
      if (spell || !model.cut) push(idsOf(word, spell ?? asItIs));
      else for (const part of model.cut(word)) push(idsOf(part, asItIs));
    }
  };
}
