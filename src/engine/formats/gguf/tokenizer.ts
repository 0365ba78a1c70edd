// The tokenizer.json and tokenizer_config.json of a GGUF file, from its tokenizer.ggml.* metadata.
import { showValue } from "../../errors.ts";
import { readError, WRITE_AGAIN } from "../files/readError.ts";
import type { MetadataFields } from "./metadataFields.ts";
import { preTokenizer } from "./preTokenizers.ts";
import type { Json, TokenizerParts } from "./tokenizerParts.ts";
import { sentencePieceMerges, sentencePieceParts } from "./sentencePiece.ts";

/** Values of llama.cpp's tokenizer.ggml.token_type. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

const MODELS = ["gpt2", "llama"];
const KEY = "tokenizer.ggml.";

interface Vocabulary {
  /** The id of every token; the first where a token occurs twice. */
  ids: Map<string, number>;
  list: readonly string[];
  types: readonly number[];
}

/**
 * The two files as objects. Byte-level BPE ("gpt2") with the pre-tokenizers of `preTokenizers`, and SentencePiece ("llama").
 * Throws "unsupported" for other kinds, "format" for lists that contradict each other.
 */
export function tokenizerFiles(fields: MetadataFields): { tokenizer: Json; config: Json } {
  const modelKey = `${KEY}model`;
  const model = fields.get(modelKey).text();
  if (!MODELS.includes(model)) {
    throw fields.unsupported(modelKey, "gpt2 (byte-level BPE) or llama (SentencePiece)");
  }
  const vocabulary = readVocabulary(fields);
  const parts = model === "gpt2" ? byteLevel(fields, vocabulary) : sentencePiece(fields, vocabulary);
  const { list, types } = vocabulary;
  const token = (name: string): string | undefined => {
    const field = `${KEY}${name}_token_id`;
    const id = fields.token(field);
    if (id === undefined) return undefined;
    if (id < list.length) return list[id];
    const expected = `an id below ${list.length}, the number of tokens`;
    throw readError({ file: fields.file, field, expected, got: String(id), advice: WRITE_AGAIN });
  };
  const [bos, eos] = [token("bos"), token("eos")];
  const added = types.flatMap((type, id) => {
    if (type !== CONTROL && type !== USER_DEFINED && type !== UNKNOWN) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content: list[id] ?? "", ...plain, special: type !== USER_DEFINED }];
  });
  const chat = fields.text("tokenizer.chat_template");
  const names = { bos_token: bos, eos_token: eos, unk_token: token("unknown"), pad_token: token("padding") };
  return {
    tokenizer: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: parts.normalizer,
      pre_tokenizer: parts.preTokenizer,
      post_processor: template(fields, vocabulary, { bos, eos, begins: parts.begins }),
      decoder: parts.decoder,
      model: parts.model,
    },
    config: {
      ...Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)),
      clean_up_tokenization_spaces: false,
      tokenizer_class: "PreTrainedTokenizerFast",
      ...(chat === undefined ? {} : { chat_template: chat }),
    },
  };
}

function readVocabulary(fields: MetadataFields): Vocabulary {
  const list = fields.texts(`${KEY}tokens`);
  const ids = new Map<string, number>();
  list.forEach((token, id) => {
    if (!ids.has(token)) ids.set(token, id);
  });
  const typesKey = `${KEY}token_type`;
  return { ids, list, types: fields.has(typesKey) ? fields.numbers(typesKey, list.length) : [] };
}

function bpe(ids: ReadonlyMap<string, number>, merges: unknown, more: Json): Json {
  const plain = { dropout: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false };
  return {
    type: "BPE",
    unk_token: null,
    ...plain,
    byte_fallback: false,
    ...more,
    vocab: Object.fromEntries(ids),
    merges,
  };
}

function byteLevel(fields: MetadataFields, { ids }: Vocabulary): TokenizerParts {
  const merges = fields.texts(`${KEY}merges`);
  const wrong = merges.find((merge) => !/^[^ ]+ [^ ]+$/.test(merge));
  if (wrong !== undefined) {
    const expected = "two tokens separated by a space in each entry";
    const field = `${KEY}merges`;
    throw readError({ file: fields.file, field, expected, got: showValue(wrong), advice: WRITE_AGAIN });
  }
  const { ignoresMerges, ...kind } = preTokenizer(fields);
  return { ...kind, decoder: { type: "ByteLevel" }, model: bpe(ids, merges, { ignore_merges: ignoresMerges }) };
}

function sentencePiece(fields: MetadataFields, { ids, list }: Vocabulary): TokenizerParts {
  const scores = fields.numbers(`${KEY}scores`, list.length);
  const spaceKey = `${KEY}add_space_prefix`;
  const prefixed = fields.has(spaceKey) ? fields.get(spaceKey).flag() : true;
  const unknown = fields.token(`${KEY}unknown_token_id`);
  const more = {
    byte_fallback: true,
    fuse_unk: true,
    unk_token: unknown === undefined ? null : (list[unknown] ?? null),
  };
  return {
    ...sentencePieceParts(prefixed),
    model: bpe(ids, sentencePieceMerges(ids, scores), more),
    begins: true,
  };
}

/** Adds <s> before and </s> after a text where the file asks for them. */
function template(
  fields: MetadataFields,
  { ids }: Vocabulary,
  { bos, eos, begins }: { bos: string | undefined; eos: string | undefined; begins: boolean },
): Json | null {
  const asksFor = (name: string, fallback: boolean): boolean => {
    return fields.has(KEY + name) ? fields.get(KEY + name).flag() : fallback;
  };
  const front = bos !== undefined && asksFor("add_bos_token", begins) ? [bos] : [];
  const back = eos !== undefined && asksFor("add_eos_token", false) ? [eos] : [];
  if (front.length + back.length === 0) return null;
  const special = (type: number) => (id: string) => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number): Json[] => [
    ...front.map(special(type)),
    { Sequence: { id, type_id: type } },
    ...back.map(special(type)),
  ];
  const used = [...new Set([...front, ...back])];
  return {
    type: "TemplateProcessing",
    single: sequence("A", 0),
    pair: [...sequence("A", 0), ...sequence("B", 1)],
    special_tokens: Object.fromEntries(used.map((id) => [id, { id, ids: [ids.get(id)], tokens: [id] }])),
  };
}
