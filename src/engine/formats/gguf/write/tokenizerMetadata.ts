// tokenizer.ggml.* from tokenizer.json: tokens, types, merges or scores, special tokens, and the name of the pre-tokenizer.
import type { ModelConfig } from "../../../config/config.ts";
import type { JsonField } from "../../../json/jsonFields.ts";
import type { MetadataEntry } from "./ggufFile.ts";
import { type ChatTemplate, chatEntries } from "./chatTemplates.ts";
import { bytePairs } from "./bytePairs.ts";
import { sentencePieces } from "./sentencePieces.ts";
import { fieldOf, refuseTokenizer, TOKEN_TYPES, type TokenizerKind } from "./tokenizerKind.ts";

const KEY = "tokenizer.ggml.";

/** The files of a tokenizer. */
interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: JsonField;
  /** tokenizer_config.json as an object; empty without one. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly chatTemplates?: readonly ChatTemplate[];
}

interface Added {
  id: number;
  content: string;
  special: boolean;
}

/**
 * The entries for a model with `config.vocab` rows in its embedding; rows without a token get unused ones. Throws "unsupported" naming the
 * field of tokenizer.json that llama.cpp would treat in another way: the kind of model, the pre-tokenizer's pattern, a normalizer, tokens
 * that strip spaces, and what is added to every text.
 */
export function tokenizerMetadata(
  files: TokenizerFiles,
  config: Pick<ModelConfig, "vocab" | "bosToken" | "eosTokens">,
): { entries: MetadataEntry[]; notes: readonly string[] } {
  const { tokenizer } = files;
  const vocabulary = readVocabulary(tokenizer);
  const added = readAdded(tokenizer);
  const kind = kindOf(tokenizer, vocabulary);
  const list = tokenList(tokenizer, config.vocab, [
    ...vocabulary,
    ...added.map(({ id, content }) => [content, id] as const),
  ]);
  const types = list.map((token, id) =>
    token === undefined ? TOKEN_TYPES.unused : (kind.types.get(id) ?? TOKEN_TYPES.normal),
  );
  for (const { id, special } of added)
    if (kind.types.get(id) === undefined) types[id] = special ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined;
  const tokens = list.map((token, id) => token ?? `[PAD${id}]`);
  const entries: MetadataEntry[] = [
    { key: `${KEY}model`, type: "string", value: kind.model },
    { key: `${KEY}pre`, type: "string", value: kind.pre },
    { key: `${KEY}tokens`, type: "string", value: tokens },
    { key: `${KEY}token_type`, type: "i32", value: types },
    ...(kind.scores
      ? [{ key: `${KEY}scores`, type: "f32", value: list.map((_, id) => kind.scores?.get(id) ?? 0) } as const]
      : []),
    ...(kind.merges ? [{ key: `${KEY}merges`, type: "string", value: kind.merges } as const] : []),
    ...kind.entries,
    ...specialEntries(files, config, list),
  ];
  return { entries, notes: kind.notes };
}

/** Which of llama.cpp's tokenizers computes the same. */
function kindOf(tokenizer: JsonField, vocabulary: ReadonlyMap<string, number>): TokenizerKind {
  const model = tokenizer.get("model");
  const type = model.get("type");
  if (type.value !== "BPE") throw refuseTokenizer(type, "BPE, byte-level or with byte fallback");
  for (const field of ["continuing_subword_prefix", "end_of_word_suffix", "dropout"]) {
    const { value } = model.get(field);
    if (value !== null && value !== undefined && value !== "" && value !== 0)
      throw refuseTokenizer(model.get(field), "none");
  }
  return model.get("byte_fallback").value === true
    ? sentencePieces(tokenizer, vocabulary)
    : bytePairs(tokenizer, vocabulary);
}

function readVocabulary(tokenizer: JsonField): Map<string, number> {
  const field = tokenizer.get("model").get("vocab");
  const { value } = field;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return field.refuse("an object from tokens to ids");
  return new Map(Object.entries(value as Record<string, number>));
}

function readAdded(tokenizer: JsonField): Added[] {
  const field = tokenizer.get("added_tokens");
  if (field.value === undefined || field.value === null) return [];
  return field.list().map((one): Added => {
    for (const flag of ["lstrip", "rstrip", "single_word"])
      if (one.get(flag).value === true)
        throw refuseTokenizer(one.get(flag), "false, because llama.cpp strips no spaces at tokens");
    return {
      id: one.get("id").count(),
      content: one.get("content").text(),
      special: one.get("special").value === true,
    };
  });
}

/** The token of every id; undefined where none has it. */
function tokenList(
  tokenizer: JsonField,
  size: number,
  tokens: readonly (readonly [string, number])[],
): (string | undefined)[] {
  const list: (string | undefined)[] = Array.from({ length: size }, () => undefined);
  for (const [token, id] of tokens) {
    if (id >= size)
      throw refuseTokenizer(
        tokenizer.get("model").get("vocab"),
        `ids below ${size}, the rows of the embedding`,
        `${id} for ${JSON.stringify(token)}`,
      );
    list[id] = token;
  }
  return list;
}

/** The ids of special tokens, what is added to a text, and the chat templates. */
function specialEntries(
  { tokenizer, config: tokenizerConfig, chatTemplates = [] }: TokenizerFiles,
  config: Pick<ModelConfig, "bosToken" | "eosTokens">,
  list: readonly (string | undefined)[],
): MetadataEntry[] {
  const ids = new Map(list.map((token, id) => [token, id]));
  const named = (field: string): number | undefined => {
    const value = tokenizerConfig[field];
    const content = typeof value === "object" && value !== null ? (value as { content?: unknown }).content : value;
    return typeof content === "string" ? ids.get(content) : undefined;
  };
  const { front, back } = template(tokenizer, ids);
  const bos = front ?? named("bos_token") ?? config.bosToken;
  const eos = back ?? named("eos_token") ?? config.eosTokens[0];
  const turn = config.eosTokens.find((id) => id !== eos);
  const id = (name: string, value: number | undefined): MetadataEntry[] =>
    value === undefined ? [] : [{ key: `${KEY}${name}_token_id`, type: "u32", value }];
  return [
    ...id("bos", bos),
    ...id("eos", eos),
    ...id("eot", turn),
    ...id("unknown", named("unk_token")),
    ...id("padding", named("pad_token")),
    { key: `${KEY}add_bos_token`, type: "bool", value: front !== undefined },
    { key: `${KEY}add_eos_token`, type: "bool", value: back !== undefined },
    ...chatEntries(chatTemplates),
  ];
}

/** The tokens that the post-processor puts before and after a text. Throws "unsupported" for more than one on a side. */
function template(
  tokenizer: JsonField,
  ids: ReadonlyMap<string | undefined, number>,
): { front: number | undefined; back: number | undefined } {
  const processor = tokenizer.get("post_processor");
  const typeOf = (one: JsonField): unknown => fieldOf(one, "type").value;
  const all = typeOf(processor) === "Sequence" ? processor.get("processors").list() : [processor];
  const templates = all.filter((one) => typeOf(one) === "TemplateProcessing");
  const other = all.find((one) => !["TemplateProcessing", "ByteLevel", null, undefined].includes(typeOf(one) as null));
  if (other) throw refuseTokenizer(other.get("type"), "TemplateProcessing or ByteLevel");
  const pieces = templates.flatMap((one) => one.get("single").list());
  const at = pieces.findIndex((piece) => piece.get("Sequence").value !== undefined);
  const special = (part: readonly JsonField[]): number | undefined => {
    const [first, second] = part;
    if (second) throw refuseTokenizer(second, "at most one token before and one after a text");
    if (!first) return undefined;
    const token = first.get("SpecialToken").get("id");
    return ids.get(token.text()) ?? token.refuse("a token of the vocabulary");
  };
  return at < 0
    ? { front: undefined, back: undefined }
    : { front: special(pieces.slice(0, at)), back: special(pieces.slice(at + 1)) };
}
