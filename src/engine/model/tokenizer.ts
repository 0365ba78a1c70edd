// Text to token ids and back, from a model's tokenizer.json; the work is done by @huggingface/tokenizers.
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { EngineError, showValue } from "../errors.ts";
import { startTextStream, type TextStream } from "./textStream.ts";
import { wordCutter } from "./wordCutter.ts";

export type { TextStream } from "./textStream.ts";

export interface EncodeOptions {
  /** Adds what the tokenizer's template adds (usually <s> in front). Off by default: perplexities are stated without. */
  addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leaves tokens such as </s> out of the text. */
  skipSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** One more than the largest id; a model's vocabulary may be padded beyond it, but must not be smaller. */
  readonly vocabSize: number;
  /** Ids of text; "<s>" written in the text is the token, as in transformers. Linear in the length of the text. */
  encode(text: string, options?: EncodeOptions): number[];
  /** Text of ids; bytes that are not UTF-8 become U+FFFD, ids that the tokenizer does not have become nothing. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Decodes token by token; what it emits, joined, is what `decode` gives for all ids. */
  stream(options?: DecodeOptions): TextStream;
}

/** Words in the cache of the fast path before it starts anew. */
const CACHE_WORDS = 65_536;

function asObject(json: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new EngineError("format", `${file}: expected an object, got ${showValue(json)}`, { file });
}

function openLibrary(json: object, config: object): Library {
  try {
    return new Library(json, config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("format", `tokenizer.json cannot be used: ${reason}`, { file: "tokenizer.json" });
  }
}

/**
 * Encoding word by word with a cache, for byte-level BPE: six times as fast as the library on megabytes. The words are cut by the
 * library's own patterns, and BPE never looks past a word, so the ids are the same. Undefined where the tokenizer is of another kind.
 */
function wordEncoder(library: Library, config: Readonly<Record<string, unknown>>): Tokenizer["encode"] | undefined {
  const words = wordCutter(library);
  if (!words || config["remove_space"] || config["do_lowercase_and_remove_accent"]) return undefined;
  const cache = new Map<string, readonly number[]>();
  return (text) => {
    const ids: number[] = [];
    for (const word of words(text)) {
      let known = cache.get(word);
      if (!known) {
        known = library.encode(word, { add_special_tokens: false }).ids;
        if (cache.size >= CACHE_WORDS) cache.clear();
        cache.set(word, known);
      }
      for (const id of known) ids.push(id);
    }
    return ids;
  };
}

/**
 * Makes a tokenizer from the parsed tokenizer.json and, where there is one, tokenizer_config.json of a Hugging Face folder.
 * Throws EngineError("format") where they are not what the library understands.
 */
export function loadTokenizer(tokenizerJson: unknown, tokenizerConfigJson: unknown = {}): Tokenizer {
  const config = asObject(tokenizerConfigJson, "tokenizer_config.json");
  const library = openLibrary(asObject(tokenizerJson, "tokenizer.json"), config);
  let vocabSize = 0;
  for (const id of library.get_vocab(true).values()) vocabSize = Math.max(vocabSize, id + 1);
  const added = [...library.get_added_tokens_decoder().values()].map(({ content }) => content);
  const encodeWords = wordEncoder(library, config);

  const decode: Tokenizer["decode"] = (ids, { skipSpecialTokens = false } = {}) => {
    const known = Array.from(ids).filter((id) => library.id_to_token(id) !== undefined);
    if (known.length === 0) return "";
    // Cleaning up spaces would change the text: "do n't" is not "don't" in a round trip.
    return library.decode(known, { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false });
  };
  return {
    vocabSize,
    encode: (text, { addSpecialTokens = false } = {}) => {
      const plain = !addSpecialTokens && !added.some((content) => text.includes(content));
      if (plain && encodeWords) return encodeWords(text);
      return library.encode(text, { add_special_tokens: addSpecialTokens }).ids;
    },
    decode,
    stream: (options) => startTextStream((ids) => decode(ids, options)),
  };
}
