// A model's tokenizer: from tokenizer.json, or from vocab.json and merges.txt where there is none.
import { EngineError } from "../errors.ts";
import { type Folder, readJson, readText } from "../formats/files/folder.ts";
import { readTokenFiles, TOKENIZER_JSON, WORDS_JSON } from "../formats/files/tokenFiles.ts";
import { jsonSource, withFiles } from "../formats/safetensors/renamed.ts";
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
      ...(await readTokenFiles(folder)),
      modelType: String(modelType),
      modelClass: typeof modelClass === "string" ? modelClass : undefined,
    }),
  );
  return withFiles(folder, new Map([[FILE, () => Promise.resolve(source)]]));
}

/** Words, a long one, numbers, spaces, punctuation, lines and other scripts: enough for a hostile rule to show. */
const SAMPLE = `It's a sample, of 1,234.5 words!\n\n\t${"ab".repeat(40)} ${" ".repeat(40)}${"1".repeat(40)}${"-".repeat(40)}\r\n${"e\u0301".repeat(20)}日本語 Ünï 😀 <s>`;

/**
 * Reads the tokenizer of a folder that `withTokenizerFile` returned, and tries it on a sample. Throws what `loadTokenizer` throws, and
 * "unsupported" where a pattern or a normaliser takes too long or makes too much of the sample.
 */
export async function readTokenizer(folder: Folder): Promise<Tokenizer> {
  const tokenizer = loadTokenizer(
    await readJson(await folder.open(FILE), TOKENIZER_JSON),
    await readTokenFiles(folder),
  );
  try {
    tokenizer.encode(SAMPLE);
  } catch (error) {
    // "format" is about this sample, such as words that a vocabulary without an unknown token lacks
    if (!(error instanceof EngineError) || error.code !== "format") throw error;
  }
  return tokenizer;
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
