// The tokenizer.json of a model that has only vocab.json and merges.txt, as the tokenizer classes of transformers build it.
import { EngineError } from "../errors.ts";
import { JsonField } from "../json/jsonFields.ts";
import { flagOr, isAbsent, PUBLISHED_TOKENIZER } from "./part.ts";
import { QWEN2_WORDS } from "./publishedPatterns.ts";
import { AddedTokens, listedTokens } from "./addedTokenList.ts";
import { addSpecialTokens, type TokenDefaults, type TokenFiles } from "./specialTokens.ts";
import { readVocabulary } from "./vocabulary.ts";

export const VOCAB_FILE = "vocab.json";
export const MERGES_FILE = "merges.txt";

/** The parsed files of a tokenizer without tokenizer.json. */
export interface VocabularyFiles extends TokenFiles {
  vocab: unknown;
  /** The text of merges.txt. */
  merges: string;
  /** Of config.json: `model_type`, and `tokenizer_class` where it names one. */
  modelType: string;
  modelClass: string | undefined;
}

/** The class that transformers uses for a model whose files name none. */
const CLASS_OF: Readonly<Record<string, string>> = {
  opt: "GPT2Tokenizer",
  phi: "GPT2Tokenizer",
  qwen2: "Qwen2Tokenizer",
  qwen3: "Qwen2Tokenizer",
};
const CLASSES = ["GPT2Tokenizer", "CodeGenTokenizer", "Qwen2Tokenizer"];

/**
 * tokenizer.json as an object: byte-level BPE, with the special and added tokens of the other files. Throws "format" for files of the wrong
 * form, "unsupported" for a tokenizer class that is not a byte-level BPE.
 * Source: GPT2Tokenizer, CodeGenTokenizer and Qwen2Tokenizer of transformers 5.
 */
export function tokenizerOfVocab(parts: VocabularyFiles): object {
  const kind = classOf(parts);
  const qwen2 = kind === "Qwen2Tokenizer";
  const vocabulary = readVocabulary(new JsonField(parts.vocab, VOCAB_FILE, "", PUBLISHED_TOKENIZER));
  const config = new JsonField(parts.config ?? {}, "tokenizer_config.json", "", PUBLISHED_TOKENIZER);
  const prefix = flagOr(config.get("add_prefix_space"), false);
  const byteLevel = { type: "ByteLevel", add_prefix_space: prefix, trim_offsets: true, use_regex: !qwen2 };
  // Qwen2Tokenizer has words of its own; the other classes have GPT-2's, which are those of ByteLevel
  const words = { type: "Split", pattern: { Regex: QWEN2_WORDS }, behavior: "Isolated", invert: false };
  const added = new AddedTokens({ vocabulary, size: vocabulary.size });
  const { begin, end } = addSpecialTokens(added, parts, { qwen2, defaults: defaultsOf(qwen2) });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: listedTokens(added.list()),
    normalizer: qwen2 ? { type: "NFC" } : null,
    pre_tokenizer: qwen2 ? { type: "Sequence", pretokenizers: [words, byteLevel] } : byteLevel,
    post_processor: template(
      flagOr(config.get("add_bos_token"), false) ? begin : undefined,
      flagOr(config.get("add_eos_token"), false) ? end : undefined,
    ),
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      ...{ dropout: null, unk_token: null, continuing_subword_prefix: "", end_of_word_suffix: "" },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
      vocab: Object.fromEntries(vocabulary),
      merges: mergesOf(parts.merges),
    },
  };
}

const DEFAULT = "<|endoftext|>";
const defaultsOf = (qwen2: boolean): TokenDefaults => ({
  ...(qwen2 ? { pad_token: DEFAULT } : { bos_token: DEFAULT }),
  ...{ eos_token: DEFAULT, unk_token: DEFAULT },
});

function classOf({ config, modelType, modelClass }: VocabularyFiles): string {
  const field = new JsonField(config ?? {}, "tokenizer_config.json", "", PUBLISHED_TOKENIZER).get("tokenizer_class");
  const named = (isAbsent(field) ? modelClass : field.text())?.replace(/Fast$/, "");
  // transformers does not trust the class that files of qwen2 name
  const kind = modelType === "qwen2" ? CLASS_OF[modelType] : (named ?? CLASS_OF[modelType]);
  if (kind !== undefined && CLASSES.includes(kind)) return kind;
  throw new EngineError(
    "unsupported",
    `tokenizer_config.json: tokenizer_class: expected one of ${CLASSES.join(", ")} beside ${VOCAB_FILE} and ${MERGES_FILE}, got ${kind ?? "none"}. ${MAKE_TOKENIZER}`,
    { file: "tokenizer_config.json", field: "tokenizer_class" },
  );
}

/** How to get a tokenizer.json. */
export const MAKE_TOKENIZER =
  "Make tokenizer.json with transformers: python -c \"from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('DIR').save_pretrained('DIR')\", where DIR is the model's folder.";

/** Pairs of tokens, a line each; "#version" lines are comments. */
function mergesOf(text: string): string[][] {
  return text.split("\n").flatMap((line, i) => {
    const merge = line.replace(/\r$/, "");
    if (merge === "" || merge.startsWith("#version")) return [];
    const pair = merge.split(" ");
    if (pair.length === 2 && !pair.includes("")) return [pair];
    return new JsonField(merge, MERGES_FILE, `line ${i + 1}`, PUBLISHED_TOKENIZER).refuse(
      "two tokens with a space between them",
    );
  });
}

type AddedId = { id: number; content: string } | undefined;

/** Adds a token before and after a text. */
function template(begin: AddedId, end: AddedId): object | null {
  if (!begin && !end) return null;
  const special = (token: AddedId, type: number): object[] =>
    token ? [{ SpecialToken: { id: token.content, type_id: type } }] : [];
  const sequence = (id: string, type: number): object[] => [
    ...special(begin, type),
    { Sequence: { id, type_id: type } },
    ...special(end, type),
  ];
  const used = [begin, end].filter((token) => token !== undefined);
  return {
    type: "TemplateProcessing",
    single: sequence("A", 0),
    pair: [...sequence("A", 0), ...sequence("B", 1)],
    special_tokens: Object.fromEntries(
      used.map(({ id, content }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
}
