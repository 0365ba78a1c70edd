// The JSON files of a tokenizer, read from a model's folder.
import type { TokenFiles } from "../../tokenizer/specialTokens.ts";
import { type Folder, readJson } from "./folder.ts";

const TOKENIZER_CONFIG = "tokenizer_config.json";
/** The largest published tokenizer.json has 35 MB. */
const VOCABULARY_BYTES = 256e6;
/** Files whose keys are words, at the root or in the vocabulary. */
export const WORDS_JSON = { mostBytes: VOCABULARY_BYTES, wordsAt: [""] };
export const TOKENIZER_JSON = { mostBytes: VOCABULARY_BYTES, wordsAt: ["model.vocab"] };

/** The files that name added tokens beside tokenizer.json or a vocabulary. */
export async function readTokenFiles(folder: Folder): Promise<TokenFiles> {
  return {
    config: await jsonOf(folder, TOKENIZER_CONFIG),
    specialTokensMap: await jsonOf(folder, "special_tokens_map.json"),
    addedTokens: await jsonOf(folder, "added_tokens.json", WORDS_JSON),
  };
}

async function jsonOf(folder: Folder, name: string, options?: typeof WORDS_JSON): Promise<unknown> {
  return folder.list().includes(name) ? readJson(await folder.open(name), options) : undefined;
}
