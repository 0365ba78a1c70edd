// The added tokens of a tokenizer without tokenizer.json, from the files beside its vocabulary, in the order in which transformers adds them.
import { JsonField } from "../json/jsonFields.ts";
import { flagOr, isAbsent, PUBLISHED_TOKENIZER } from "./part.ts";

/** The names that every tokenizer has, in the order in which they are added. */
const NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"] as const;

/** Parsed files beside a vocabulary; undefined where there is none. */
export interface TokenFiles {
  /** tokenizer_config.json, special_tokens_map.json and added_tokens.json. */
  config: unknown;
  specialTokensMap: unknown;
  addedTokens: unknown;
}

interface NewToken {
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

interface NumberedToken extends NewToken {
  id: number;
}

/** What the constructors of the classes set where no file does. */
const DEFAULT = "<|endoftext|>";
const defaultsOf = (qwen2: boolean): Record<string, string> => ({
  ...(qwen2 ? { pad_token: DEFAULT } : { bos_token: DEFAULT }),
  ...{ eos_token: DEFAULT, unk_token: DEFAULT },
});

/**
 * The added tokens with their ids, and which of them begin and end a text. tokenizer_config.json's `added_tokens_decoder` comes first;
 * without it, special_tokens_map.json and added_tokens.json are read (as transformers does). Then come the named special tokens that are not
 * among them, then the extra ones. A token of the vocabulary keeps its id, another one gets the next.
 */
export function specialTokens(
  { config, specialTokensMap, addedTokens }: TokenFiles,
  vocabulary: ReadonlyMap<string, number>,
  qwen2: boolean,
): { added: NumberedToken[]; begin: NumberedToken | undefined; end: NumberedToken | undefined } {
  const settings = new JsonField(config ?? {}, "tokenizer_config.json", "", PUBLISHED_TOKENIZER);
  const decoder = settings.get("added_tokens_decoder");
  const legacy = isAbsent(decoder);
  const map = new JsonField(
    (legacy ? specialTokensMap : undefined) ?? {},
    "special_tokens_map.json",
    "",
    PUBLISHED_TOKENIZER,
  );
  const named = namedTokens(settings, map, qwen2);
  const { extra, late } = extraTokens(settings, map);
  const special = new Set([...named.values(), ...extra, ...late].map(({ content }) => content));
  const early = new Set([...named.values(), ...extra].map(({ content }) => content));
  const placed = legacy ? ofFile(addedTokens, early) : ofDecoder(decoder);
  const flags = new Map(placed.map(({ token }) => [token.content, token]));
  const added = new Map<string, NumberedToken>();
  let next = vocabulary.size;
  const add = (token: NewToken, id?: number): void => {
    if (token.content === "") return;
    // one that is added again gets the new flags, unless a file gave it its id
    const number = added.get(token.content)?.id ?? id ?? vocabulary.get(token.content) ?? next;
    next = Math.max(next, number + 1);
    added.set(token.content, { id: number, ...token });
  };
  const names = new Set([...named.values()].map(({ content }) => content));
  for (const { id, token } of placed) add({ ...token, special: token.special || names.has(token.content) }, id);
  for (const token of named.values()) add({ ...(flags.get(token.content) ?? token), special: true });
  for (const token of [...extra, ...late]) if (!flags.has(token.content)) add(token);
  // Qwen2Tokenizer adds all of its special tokens again, as plain ones
  if (qwen2)
    for (const content of special) {
      const known = added.get(content);
      if (known) added.set(content, { id: known.id, ...plain(content) });
    }
  const of = (name: string): NumberedToken | undefined => added.get(named.get(name)?.content ?? "");
  return { added: [...added.values()], begin: of("bos_token"), end: of("eos_token") };
}

/** A special token that only its text is known of. */
const plain = (content: string): NewToken => ({
  content,
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
});

/** A token that is written as text or as an object with flags. */
function readToken(field: JsonField, special: boolean): NewToken {
  if (typeof field.value === "string") return plain(field.value);
  const flag = (name: string, fallback: boolean): boolean => flagOr(field.get(name), fallback);
  const isSpecial = special || flag("special", false);
  return {
    content: field.get("content").text(),
    ...{ single_word: flag("single_word", false), lstrip: flag("lstrip", false), rstrip: flag("rstrip", false) },
    normalized: flag("normalized", !isSpecial),
    special: isSpecial,
  };
}

/** The named special tokens: those of every tokenizer, then others whose key ends with "_token". null means none. */
function namedTokens(settings: JsonField, map: JsonField, qwen2: boolean): Map<string, NewToken> {
  const all = new Map<string, NewToken>();
  const defaults = defaultsOf(qwen2);
  const others = settings.entries().flatMap(([key, { value }]) => {
    const own = key.endsWith("_token") && typeof value === "string";
    return own && !(NAMES as readonly string[]).includes(key) ? [key] : [];
  });
  for (const name of [...NAMES, ...others]) {
    const field = map.get(name).value === undefined ? settings.get(name) : map.get(name);
    const fallback = field.value === undefined ? defaults[name] : undefined;
    if (fallback !== undefined) all.set(name, plain(fallback));
    else if (!isAbsent(field)) all.set(name, readToken(field, true));
  }
  const extra = settings.get("extra_special_tokens");
  if (!isAbsent(extra) && !Array.isArray(extra.value))
    for (const [name, token] of extra.entries()) all.set(name, readToken(token, true));
  return all;
}

/**
 * The lists of special tokens without a name. The older key `additional_special_tokens` counts where the newer `extra_special_tokens` is
 * missing; `late` are those that are known only after added_tokens.json was read.
 */
function extraTokens(settings: JsonField, map: JsonField): { extra: NewToken[]; late: NewToken[] } {
  const [newer, older] = ["extra_special_tokens", "additional_special_tokens"];
  const listed = (field: JsonField): NewToken[] | undefined =>
    Array.isArray(field.value) ? field.list().map((one) => readToken(one, true)) : undefined;
  const { value } = settings.get(newer);
  const replaces = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  const own = listed(settings.get(replaces ? newer : older)) ?? listed(settings.get(newer));
  const extra = own || listed(map.get(newer)) ? [...(own ?? []), ...(listed(map.get(newer)) ?? [])] : undefined;
  const late = extra ? [] : (listed(map.get(older)) ?? listed(settings.get(older)) ?? []);
  return { extra: extra ?? [], late };
}

/** A token with the id that its file gives it. */
interface PlacedToken {
  id: number;
  token: NewToken;
}

function ofDecoder(decoder: JsonField): PlacedToken[] {
  const all = decoder.entries().map(([id, token]) => {
    if (!/^\d{1,10}$/.test(id)) token.refuse("whole numbers of at least 0 as the keys of the tokens");
    return { id: Number(id), token: readToken(token, false) };
  });
  return all.sort((a, b) => a.id - b.id);
}

/** added_tokens.json: {"token": id, ...}. */
function ofFile(json: unknown, special: ReadonlySet<string>): PlacedToken[] {
  if (json === undefined) return [];
  const all = new JsonField(json, "added_tokens.json", "", PUBLISHED_TOKENIZER).entries().map(([content, id]) => ({
    id: id.count(),
    token: { ...plain(content), special: special.has(content), normalized: !special.has(content) },
  }));
  return all.sort((a, b) => a.id - b.id);
}
