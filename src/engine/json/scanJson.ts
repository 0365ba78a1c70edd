// Finds what JSON.parse accepts and a reader must not: keys that occur twice, "__proto__" as a key, and deep nesting.

/** What is wrong with a JSON text, and where: `path` is that of the object or list, such as "model.vocab" or "weights[3]". */
export interface JsonFault {
  kind: "deep" | "twice" | "proto";
  path: string;
  /** The key that occurs twice. */
  key: string;
}

/** An object or list that is open at a position of the text. */
interface Scope {
  /** The keys so far: a list while there are few, which most objects have; undefined for a list. */
  keys: string[] | Set<string> | undefined;
  key: string;
  /** Commas so far. */
  index: number;
}

/** An object with more keys has them in a set. */
const FEW_KEYS = 8;
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The first fault of a JSON text, which need not be valid. One pass without recursion, in about the time of JSON.parse.
 * deepest: levels of objects and lists that are allowed. wordsAt: paths of objects whose keys are words or names, so that "__proto__" may be one.
 */
export function jsonFault(text: string, deepest: number, wordsAt: readonly string[] = []): JsonFault | undefined {
  const scopes: Scope[] = [];
  let scope: Scope | undefined;
  let fault: JsonFault | undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const start = i;
      i = endOfString(text, i);
      if (!scope?.keys || !isKey(text, i)) continue;
      const key = keyOf(text.slice(start, i + 1));
      if (!addKey(scope, key)) fault ??= { kind: "twice", path: pathOf(scopes, scopes.length - 1), key };
      if (key === "__proto__" && fault === undefined) {
        const path = pathOf(scopes, scopes.length - 1);
        if (!wordsAt.includes(path)) fault = { kind: "proto", path, key };
      }
      scope.key = key;
    } else if (code === COMMA) {
      if (scope) scope.index += 1;
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (scopes.length === deepest) return { kind: "deep", path: pathOf(scopes, SHOWN_LEVELS), key: "" };
      scope = { keys: code === OPEN_OBJECT ? [] : undefined, key: "", index: 0 };
      scopes.push(scope);
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      scopes.pop();
      scope = scopes.at(-1);
    }
  }
  return fault;
}

/** The levels of a path to nesting that is too deep. */
const SHOWN_LEVELS = 4;

/** The position of the quote that ends a string which starts at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    if (code === BACKSLASH) at++;
  }
  return at;
}

/** Whether a colon follows the string that ends at `end`. */
function isKey(text: string, end: number): boolean {
  let next = end + 1;
  for (; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code === COLON;
  }
  return false;
}

/** The text of a string with its quotes: two spellings of one key are the same key. */
function keyOf(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted; // the text does not parse, which JSON.parse reports
  }
}

/** False if the object already has the key. */
function addKey(scope: Scope, key: string): boolean {
  const { keys } = scope;
  if (Array.isArray(keys)) {
    if (keys.includes(key)) return false;
    keys.push(key);
    if (keys.length > FEW_KEYS) scope.keys = new Set(keys);
    return true;
  }
  if (keys?.has(key)) return false;
  keys?.add(key);
  return true;
}

/** The path of the `levels`-th open object or list from outside. */
function pathOf(scopes: readonly Scope[], levels: number): string {
  return scopes
    .slice(0, levels)
    .map(({ keys, key, index }) => (keys ? `.${key}` : `[${index}]`))
    .join("")
    .replace(/^\./, "");
}
