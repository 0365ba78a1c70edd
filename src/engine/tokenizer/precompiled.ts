// SentencePiece's own normalisation: a double-array trie (Darts) from UTF-8 to offsets of replacements.
import type { JsonField } from "../json/jsonFields.ts";
import type { Normalizer } from "./normalizer.ts";
import { utf8 } from "./unicode.ts";

/** Longer grapheme clusters are replaced character by character. Bytes of UTF-8. */
const LONGEST_GRAPHEME = 5;
/** Bytes of a replacement; those of SentencePiece have up to 33. */
const LONGEST_REPLACEMENT = 256;
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** {"precompiled_charsmap": base64}: bytes of the trie (u32), the trie, then replacements that end in a zero. Throws "format". */
export function readPrecompiled(field: JsonField): Normalizer {
  const map = field.get("precompiled_charsmap");
  const bytes = bytesOf(map);
  const view = new DataView(bytes.buffer);
  const size = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length)
    map.refuse("a table that is as long as its first four bytes say");
  const trie = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const replacements = bytes.subarray(4 + size);
  const known = new Map<string, string | undefined>();
  const replacementOf = (text: string): string | undefined => {
    if (known.has(text)) return known.get(text);
    const at = firstMatch(trie, utf8(text));
    const found = at === undefined ? undefined : textAt(replacements, at, map);
    known.set(text, found);
    return found;
  };
  const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
  return (text) => {
    let out = "";
    for (const { segment } of segmenter.segment(text)) {
      const replaced = utf8(segment).length <= LONGEST_GRAPHEME ? replacementOf(segment) : undefined;
      if (replaced !== undefined) out += replaced;
      else for (const character of segment) out += replacementOf(character) ?? character;
    }
    return out;
  };
}

function bytesOf(field: JsonField): Uint8Array {
  try {
    return Uint8Array.from(atob(field.text()), (character) => character.charCodeAt(0));
  } catch {
    return field.refuse("base64 text");
  }
}

/** The value of the shortest key that these bytes begin with, as the library takes it. */
function firstMatch(trie: Uint32Array, key: Uint8Array): number | undefined {
  let at = offsetOf(trie[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return undefined;
    at ^= byte;
    const unit = trie[at] ?? 0;
    if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
    at ^= offsetOf(unit);
    if ((unit >>> 8) & 1) return (trie[at] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

function textAt(replacements: Uint8Array, at: number, field: JsonField): string {
  const end = replacements.indexOf(0, at);
  if (at >= replacements.length || end < 0) return field.refuse("offsets within the table");
  if (end - at > LONGEST_REPLACEMENT) return field.refuse(`replacements of at most ${LONGEST_REPLACEMENT} bytes`);
  return strict.decode(replacements.subarray(at, end));
}
