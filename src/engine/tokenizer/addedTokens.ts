// Added tokens: texts that are one token wherever they stand, found before a text is normalised, or after.
import type { Normalizer } from "./normalizer.ts";
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

/** A stretch of text, or an added token in its place. */
type Section = string | AddedToken;

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
