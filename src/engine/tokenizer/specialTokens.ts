// The added tokens that the files beside tokenizer.json, or beside a vocabulary, name, in the order in which transformers adds them.
import { JsonField } from "../json/jsonFields.ts";
import { type AddedTokens, readFlags, type TokenFlags } from "./addedTokenList.ts";
import type { AddedToken } from "./addedTokens.ts";
import { isAbsent, PUBLISHED_TOKENIZER } from "./part.ts";

/** The names that every tokenizer has, in the order in which they are added. */
const NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"] as const;

/** The parsed files beside tokenizer.json or a vocabulary that name added tokens; undefined where there is none. */
export interface TokenFiles {
  /** tokenizer_config.json, special_tokens_map.json and added_tokens.json. */
  config?: unknown;
  specialTokensMap?: unknown;
  addedTokens?: unknown;
}

/** What the constructors of the classes set where no file does; a tokenizer.json is read without them. */
export type TokenDefaults = Readonly<Record<string, string>>;

/**
 * Adds the tokens of the files to those of tokenizer.json; returns which of them begin and end a text. Those of tokenizer_config.json's
 * `added_tokens_decoder` come first, and replace the flags of equal ones; without it, special_tokens_map.json and added_tokens.json are read
 * (as transformers does). Then come the named special tokens that are not among them, then the extra ones. Throws "format".
 */
export function addSpecialTokens(
  added: AddedTokens,
  { config, specialTokensMap, addedTokens }: TokenFiles,
  { qwen2, defaults = {} }: { qwen2: boolean; defaults?: TokenDefaults },
): { begin: AddedToken | undefined; end: AddedToken | undefined } {
  const settings = new JsonField(config ?? {}, "tokenizer_config.json", "", PUBLISHED_TOKENIZER);
  const decoder = settings.get("added_tokens_decoder");
  const legacy = isAbsent(decoder);
  const map = new JsonField(
    (legacy ? specialTokensMap : undefined) ?? {},
    "special_tokens_map.json",
    "",
    PUBLISHED_TOKENIZER,
  );
  const named = namedTokens(settings, map, defaults);
  const { extra, late } = extraTokens(settings, map);
  const names = new Set([...named.values()].map(({ content }) => content));
  const early = new Set([...names, ...extra.map(({ content }) => content)]);
  // without a decoder, the ids of tokenizer.json are its own
  const own = new Set(legacy ? added.list().map(({ id }) => id) : []);
  const placed = (legacy ? ofFile(addedTokens, early) : ofDecoder(decoder)).filter(
    ({ id, token }) => !own.has(id) && !sameFlags(added.get(token.content), token),
  );
  for (const { id, place, token } of placed)
    added.add({ ...token, special: token.special || names.has(token.content) }, { id, place });
  const known = new Set(added.list().map(({ content }) => content));
  for (const token of [...named.values()].map((one) => ({ ...one, special: true })).concat(extra, late))
    if (!known.has(token.content)) added.add(token);
  // Qwen2Tokenizer adds all of its special tokens again, as plain ones
  if (qwen2)
    for (const content of [...names, ...[...extra, ...late].map((one) => one.content)]) added.add(plain(content));
  const of = (name: string): AddedToken | undefined => added.get(named.get(name)?.content ?? "");
  return { begin: of("bos_token"), end: of("eos_token") };
}

const sameFlags = (a: TokenFlags | undefined, b: TokenFlags): boolean =>
  (["singleWord", "lstrip", "rstrip", "normalized", "special"] as const).every((key) => a?.[key] === b[key]);

/** A special token that only its text is known of. */
const plain = (content: string): TokenFlags => ({
  content,
  ...{ singleWord: false, lstrip: false, rstrip: false, normalized: false, special: true },
});

/** A special token that is written as text or as an object with flags. */
const readToken = (field: JsonField): TokenFlags =>
  typeof field.value === "string" ? plain(field.value) : readFlags(field, true);

/** The named special tokens: those of every tokenizer, then others whose key ends with "_token". null means none. */
function namedTokens(settings: JsonField, map: JsonField, defaults: TokenDefaults): Map<string, TokenFlags> {
  const all = new Map<string, TokenFlags>();
  const others = settings.entries().flatMap(([key, { value }]) => {
    const own = key.endsWith("_token") && typeof value === "string";
    return own && !(NAMES as readonly string[]).includes(key) ? [key] : [];
  });
  for (const name of [...NAMES, ...others]) {
    const field = map.get(name).value === undefined ? settings.get(name) : map.get(name);
    const fallback = field.value === undefined ? defaults[name] : undefined;
    if (fallback !== undefined) all.set(name, plain(fallback));
    else if (!isAbsent(field)) all.set(name, readToken(field));
  }
  const extra = settings.get("extra_special_tokens");
  if (!isAbsent(extra) && !Array.isArray(extra.value))
    for (const [name, token] of extra.entries()) all.set(name, readToken(token));
  return all;
}

/**
 * The lists of special tokens without a name. The older key `additional_special_tokens` counts where the newer `extra_special_tokens` is
 * missing; `late` are those that are known only after added_tokens.json was read.
 */
function extraTokens(settings: JsonField, map: JsonField): { extra: TokenFlags[]; late: TokenFlags[] } {
  const [newer, older] = ["extra_special_tokens", "additional_special_tokens"];
  const listed = (field: JsonField): TokenFlags[] | undefined =>
    Array.isArray(field.value) ? field.list().map((one) => readToken(one)) : undefined;
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
  place: JsonField;
  token: TokenFlags;
}

function ofDecoder(decoder: JsonField): PlacedToken[] {
  const all = decoder.entries().map(([id, place]) => {
    if (!/^\d{1,10}$/.test(id)) place.refuse("whole numbers of at least 0 as the keys of the tokens");
    return { id: Number(id), place, token: readFlags(place) };
  });
  return all.sort((a, b) => a.id - b.id);
}

/** added_tokens.json: {"token": id, ...}. */
function ofFile(json: unknown, special: ReadonlySet<string>): PlacedToken[] {
  if (json === undefined) return [];
  const all = new JsonField(json, "added_tokens.json", "", PUBLISHED_TOKENIZER).entries().map(([content, place]) => ({
    id: place.count(),
    place,
    token: { ...plain(content), special: special.has(content), normalized: !special.has(content) },
  }));
  return all.sort((a, b) => a.id - b.id);
}
