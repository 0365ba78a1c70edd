// Added tokens: texts that are one token wherever they stand, found before a text is normalised, or after.
import type { JsonField } from "../json/jsonFields.ts";
import type { TokenModel } from "./model.ts";
import type { Normalizer } from "./normalizer.ts";
import { flagOr, isAbsent } from "./part.ts";
import { WORD_CLASS } from "./unicode.ts";

export interface AddedToken {
  id: number;
  content: string;
  /** Only where no letter, digit or underscore touches it. */
  singleWord: boolean;
  /** Takes the white space before it, and after it. */
  lstrip: boolean;
  rstrip: boolean;
  /** Looked for in the normalised text. */
  normalized: boolean;
  /** Left out of a decoded text where that is asked for. */
  special: boolean;
}

const MAX_ID = 2 ** 31;

/** A stretch of text, or an added token in its place. */
type Section = string | AddedToken;

/**
 * The added tokens of tokenizer.json, then those that only tokenizer_config.json has (transformers adds them). The tokenizers library numbers
 * them itself: by the vocabulary where it has them, else one after the other from its size on. Throws "format" where a file gives another
 * id, for one of the two would be wrong.
 */
export function readAddedTokens(
  listed: JsonField,
  configured: JsonField,
  { vocabulary, size }: Pick<TokenModel, "vocabulary" | "size">,
): AddedToken[] {
  const known = new Set<string>();
  const added: AddedToken[] = [];
  let next = size;
  const take = (token: JsonField, place: JsonField, id: number): void => {
    const content = token.get("content").text();
    if (content === "" || known.has(content)) return;
    const expected = vocabulary.get(content) ?? next;
    if (id !== expected)
      place.refuse(`${expected}, the id that the tokenizers library gives ${JSON.stringify(content)}`);
    next = Math.max(next, id + 1);
    known.add(content);
    added.push({ id, content, ...flagsOf(token) });
  };
  if (!isAbsent(listed)) for (const token of listed.list()) take(token, token.get("id"), token.get("id").count(MAX_ID));
  if (!isAbsent(configured)) {
    const byId = configured.entries().map(([id, token]) => [Number(id), token] as const);
    for (const [id, token] of byId.sort(([a], [b]) => a - b)) take(token, token, id);
  }
  return added;
}

function flagsOf(token: JsonField): Omit<AddedToken, "id" | "content"> {
  const special = flagOr(token.get("special"), false);
  return {
    singleWord: flagOr(token.get("single_word"), false),
    lstrip: flagOr(token.get("lstrip"), false),
    rstrip: flagOr(token.get("rstrip"), false),
    normalized: flagOr(token.get("normalized"), !special),
    special,
  };
}

/** A section, and whether it begins where the text does. */
interface Placed {
  section: Section;
  first: boolean;
}

/** Cuts a text into sections; texts between added tokens are normalised. Each is what the tokenizers library cuts. */
export function sectionsOf(added: readonly AddedToken[], normalize: Normalizer): (text: string) => Iterable<Placed> {
  const before = finderOf(added.filter(({ normalized }) => !normalized).map((token) => [token.content, token]));
  const after = finderOf(
    added.filter(({ normalized }) => normalized).map((token) => [normalize(token.content), token]),
  );
  return function* (text) {
    let first = true;
    for (const outer of before(text)) {
      const sections = typeof outer === "string" ? after(normalize(outer, () => (first = false))) : [outer];
      for (const section of sections) {
        yield { section, first };
        first = false;
      }
      first = false;
    }
  };
}

interface Node {
  next: Map<number, Node>;
  token: AddedToken | undefined;
}

/** Finds the leftmost match, and of those the longest, then goes on after it. */
function finderOf(entries: readonly (readonly [string, AddedToken])[]): (text: string) => Iterable<Section> {
  const root: Node = { next: new Map(), token: undefined };
  for (const [content, token] of entries) {
    let node = root;
    for (let i = 0; i < content.length; i++) {
      const unit = content.charCodeAt(i);
      let child = node.next.get(unit);
      if (!child) node.next.set(unit, (child = { next: new Map(), token: undefined }));
      node = child;
    }
    if (node !== root) node.token ??= token;
  }
  if (root.next.size === 0) return (text) => (text === "" ? [] : [text]);
  return function* (text) {
    let from = 0;
    for (let at = 0; at < text.length;) {
      const found = longestAt(root, text, at);
      if (!found) {
        at += 1;
        continue;
      }
      const { token } = found;
      let [start, end] = [at, found.end];
      at = end;
      if (token.singleWord && touchesWord(text, start, end)) continue;
      if (token.lstrip) start = Math.max(startOfSpace(text, start), from);
      if (token.rstrip) end = endOfSpace(text, end);
      if (from < start) yield text.slice(from, start);
      yield token;
      from = end;
    }
    if (from < text.length) yield text.slice(from);
  };
}

function longestAt(root: Node, text: string, at: number): { token: AddedToken; end: number } | undefined {
  let found: { token: AddedToken; end: number } | undefined;
  let node = root.next.get(text.charCodeAt(at));
  for (let end = at + 1; node; node = node.next.get(text.charCodeAt(end++)))
    if (node.token) found = { token: node.token, end };
  return found;
}

const WORD_AT_START = new RegExp(`^[${WORD_CLASS}]`, "u");
const WORD_AT_END = new RegExp(`[${WORD_CLASS}]$`, "u");

const touchesWord = (text: string, start: number, end: number): boolean =>
  WORD_AT_END.test(text.slice(Math.max(0, start - 2), start)) || WORD_AT_START.test(text.slice(end, end + 2));

const isSpace = (unit: string | undefined): boolean => unit !== undefined && /\p{White_Space}/u.test(unit);

function startOfSpace(text: string, end: number): number {
  let start = end;
  while (start > 0 && isSpace(text[start - 1])) start -= 1;
  return start;
}

function endOfSpace(text: string, start: number): number {
  let end = start;
  while (isSpace(text[end])) end += 1;
  return end;
}
