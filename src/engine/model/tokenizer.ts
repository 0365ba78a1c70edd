// Text to token ids and back, by a model's tokenizer.json. @huggingface/tokenizers does the work.
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { EngineError, showValue } from "../errors.ts";
import { startTextStream, type TextStream } from "./textStream.ts";
import { wordCutter } from "./wordCutter.ts";

interface EncodeOptions {
  /** Adds the special tokens of the tokenizer's template (usually <s> at the start). Default: off, as for all perplexities here. */
  addSpecialTokens?: boolean;
}

interface DecodeOptions {
  /** Omits tokens such as </s> from the text. */
  skipSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** The largest id plus one. A model's vocabulary may be larger (padded), but not smaller. */
  readonly vocabSize: number;
  /** The ids of a text. "<s>" in the text becomes that token, as in transformers. Takes time linear in the length of the text. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The text of ids. Bytes that are not UTF-8 become U+FFFD; ids that the tokenizer does not have are dropped. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Decodes token by token. The emitted parts, joined, equal `decode` of all ids. */
  stream(options?: DecodeOptions): TextStream;
}

/** How many words the cache of the fast path may have before it is cleared. */
const CACHE_WORDS = 65_536;

function asObject(json: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new EngineError(
    "format",
    `${file}: expected an object, got ${showValue(json)}. Use the file that the model was published with.`,
    { file },
  );
}

function openLibrary(json: object, config: object): Library {
  try {
    return new Library(json, config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      "format",
      `tokenizer.json: expected a tokenizer that the library reads, got an error: ${reason}. Use the file that the model was published with.`,
      { file: "tokenizer.json" },
    );
  }
}

/**
 * Encodes word by word with a cache, for byte-level BPE: six times as fast as the library on megabytes of text. The library's own patterns
 * split the words and BPE never crosses a word boundary, so the ids are the same. Undefined for other kinds of tokenizers.
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
 * Makes a tokenizer from the parsed tokenizer.json and, if there is one, tokenizer_config.json of a Hugging Face folder.
 * Throws EngineError("format") if the library cannot read them.
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
