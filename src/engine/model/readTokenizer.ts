// A model's tokenizer: from tokenizer.json, or from vocab.json and merges.txt where there is none.
import { EngineError } from "../errors.ts";
import { type Folder, readJson, readText } from "../formats/files/folder.ts";
import { jsonSource, withFiles } from "../formats/safetensors/renamed.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { MAKE_TOKENIZER, MERGES_FILE, tokenizerOfVocab, VOCAB_FILE } from "../tokenizer/vocabMerges.ts";

const FILE = "tokenizer.json";
const CONFIG_FILE = "tokenizer_config.json";
/** The largest published tokenizer.json has 35 MB. */
const VOCABULARY_BYTES = 256e6;
/** Files whose keys are words, at the root or in the vocabulary. */
const WORDS_JSON = { mostBytes: VOCABULARY_BYTES, wordsAt: [""] };
const TOKENIZER_JSON = { mostBytes: VOCABULARY_BYTES, wordsAt: ["model.vocab"] };
/** Vocabularies that transformers converts, but Espalier does not read. */
const OTHER_VOCABULARIES = [
  "tokenizer.model",
  "spiece.model",
  "sentencepiece.bpe.model",
  "tekken.json",
  "vocab.txt",
  VOCAB_FILE,
];

/**
 * The folder with a tokenizer.json: the same folder if it has one, otherwise with the one that its vocab.json and merges.txt stand for.
 * Exports copy it, for programs that read nothing else. `rawConfig` is the parsed config.json, whose `model_type` and `tokenizer_class`
 * name the kind of the vocabulary. Throws "format" where there is neither, with how to make tokenizer.json of what there is, and what
 * `tokenizerOfVocab` throws.
 */
export async function withTokenizerFile(folder: Folder, rawConfig: unknown): Promise<Folder> {
  const names = folder.list();
  if (names.includes(FILE)) return folder;
  if (!names.includes(VOCAB_FILE) || !names.includes(MERGES_FILE)) throw noTokenizer(folder);
  const { model_type: modelType, tokenizer_class: modelClass } = rawConfig as Record<string, unknown>;
  const source = jsonSource(
    FILE,
    tokenizerOfVocab({
      vocab: await readJson(await folder.open(VOCAB_FILE), WORDS_JSON),
      merges: await readText(await folder.open(MERGES_FILE)),
      config: await jsonOf(folder, CONFIG_FILE),
      specialTokensMap: await jsonOf(folder, "special_tokens_map.json"),
      addedTokens: await jsonOf(folder, "added_tokens.json", WORDS_JSON),
      modelType: String(modelType),
      modelClass: typeof modelClass === "string" ? modelClass : undefined,
    }),
  );
  return withFiles(folder, new Map([[FILE, () => Promise.resolve(source)]]));
}

/** Reads the tokenizer of a folder that `withTokenizerFile` returned. Throws what `loadTokenizer` throws. */
export async function readTokenizer(folder: Folder): Promise<Tokenizer> {
  return loadTokenizer(await readJson(await folder.open(FILE), TOKENIZER_JSON), await jsonOf(folder, CONFIG_FILE));
}

async function jsonOf(folder: Folder, name: string, options?: typeof WORDS_JSON): Promise<unknown> {
  return folder.list().includes(name) ? readJson(await folder.open(name), options) : undefined;
}

function noTokenizer(folder: Folder): EngineError {
  const found = OTHER_VOCABULARIES.filter((name) => folder.list().includes(name));
  const advice = found.length > 0 ? MAKE_TOKENIZER : "Add it from the model's repository.";
  return new EngineError(
    "format",
    `${folder.name}: expected ${FILE}, or ${VOCAB_FILE} and ${MERGES_FILE}, got ${found.join(", ") || "none of them"}. ${advice}`,
    { folder: folder.name, file: FILE, found },
  );
}
