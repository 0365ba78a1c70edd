// A model's tokenizer: from tokenizer.json, or from vocab.json and merges.txt where there is none.
import { EngineError } from "../errors.ts";
import { type Folder, readJson, readText } from "../formats/files/folder.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { MAKE_TOKENIZER, MERGES_FILE, tokenizerOfVocab, VOCAB_FILE } from "../tokenizer/vocabMerges.ts";

const FILE = "tokenizer.json";
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
 * Reads the tokenizer of a folder. `rawConfig` is its parsed config.json, whose `model_type` and `tokenizer_class` name the kind of a
 * vocabulary without tokenizer.json. Throws "format" where there is neither, with how to make tokenizer.json of what there is, and
 * what `loadTokenizer` throws.
 */
export async function readTokenizer(folder: Folder, rawConfig: unknown): Promise<Tokenizer> {
  const names = folder.list();
  const jsonOf = async (name: string): Promise<unknown> =>
    names.includes(name) ? readJson(await folder.open(name)) : undefined;
  const config = await jsonOf("tokenizer_config.json");
  if (names.includes(FILE)) return loadTokenizer(await jsonOf(FILE), config);
  if (!names.includes(VOCAB_FILE) || !names.includes(MERGES_FILE)) throw noTokenizer(folder);
  const { model_type: modelType, tokenizer_class: modelClass } = rawConfig as Record<string, unknown>;
  const json = tokenizerOfVocab({
    vocab: await jsonOf(VOCAB_FILE),
    merges: await readText(await folder.open(MERGES_FILE)),
    config,
    specialTokensMap: await jsonOf("special_tokens_map.json"),
    addedTokens: await jsonOf("added_tokens.json"),
    modelType: String(modelType),
    modelClass: typeof modelClass === "string" ? modelClass : undefined,
  });
  return loadTokenizer(json, config);
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
