// Decodes a text file: UTF-8, or UTF-16 with a byte order mark. The one reader of texts, also of a model's.
import { type EngineError } from "../../errors.ts";
import { readError } from "./readError.ts";

const SAVE_AGAIN = "Save it as UTF-8 in an editor, or choose another file.";
/** A text with more NUL characters than one in this many is not a text, or is in an encoding without a byte order mark. */
const NUL_EVERY = 100;

/**
 * The text of a file's bytes, without its byte order mark. With the mark of UTF-16 (little or big endian) it is decoded as such, else as
 * UTF-8. Throws "format" with the file's name and the position of the first byte that is wrong: bytes that are not UTF-8, unpaired
 * surrogates, half a UTF-16 unit, UTF-32, and text of which more than a hundredth is NUL.
 */
export function decodeText(file: string, bytes: Uint8Array): string {
  const starts = (...mark: readonly number[]): boolean => mark.every((byte, i) => bytes[i] === byte);
  if (starts(0xff, 0xfe, 0, 0) || starts(0, 0, 0xfe, 0xff)) throw fault(file, 0, "the byte order mark of UTF-32");
  const text = starts(0xff, 0xfe)
    ? utf16(file, bytes, "utf-16le")
    : starts(0xfe, 0xff)
      ? utf16(file, bytes, "utf-16be")
      : utf8(file, bytes);
  const first = text.indexOf("\0");
  if (first >= 0) {
    let count = 0;
    for (let at = first; at >= 0; at = text.indexOf("\0", at + 1)) count += 1;
    if (count * NUL_EVERY > text.length) {
      const at = bytes.indexOf(0);
      throw fault(file, at, `NUL (${count} of ${text.length} characters: UTF-16 or UTF-32 without a mark, or no text)`);
    }
  }
  return text;
}

function utf8(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const at = firstNotUtf8(bytes);
    const hex = bytes[at]?.toString(16).toUpperCase().padStart(2, "0") ?? "";
    throw fault(file, at, `0x${hex}${isCut(bytes, at) ? ", a character that the end of the file cuts" : ""}`);
  }
}

function utf16(file: string, bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const unitAt = (at: number): number => (at + 1 < bytes.length ? view.getUint16(at, encoding === "utf-16le") : 0);
    let at = 2;
    for (; at + 1 < bytes.length; at += 2) {
      const kind = unitAt(at) >> 10;
      if (kind === 0x37) break;
      if (kind !== 0x36) continue;
      if (unitAt(at + 2) >> 10 !== 0x37) break;
      at += 2;
    }
    const got = at + 1 < bytes.length ? "an unpaired surrogate" : "half a unit at the end of the file";
    throw fault(file, at, got, encoding.toUpperCase());
  }
}

/** Lengths of a UTF-8 character by its first byte, with the range of its second: https://www.unicode.org/versions/latest/ table 3-7. */
function characterAt(first: number): { length: number; low: number; high: number } | undefined {
  if (first < 0x80) return { length: 1, low: 0, high: 0 };
  if (first >= 0xc2 && first <= 0xdf) return { length: 2, low: 0x80, high: 0xbf };
  if (first >= 0xe0 && first <= 0xef)
    return { length: 3, low: first === 0xe0 ? 0xa0 : 0x80, high: first === 0xed ? 0x9f : 0xbf };
  if (first >= 0xf0 && first <= 0xf4)
    return { length: 4, low: first === 0xf0 ? 0x90 : 0x80, high: first === 0xf4 ? 0x8f : 0xbf };
  return undefined;
}

/** Whether a character of UTF-8 starts at a byte and goes on beyond the last one. */
function isCut(bytes: Uint8Array, at: number): boolean {
  const { length = 0 } = characterAt(bytes[at] ?? 0) ?? {};
  return at + length > bytes.length && bytes.subarray(at + 1).every((byte) => byte >= 0x80 && byte <= 0xbf);
}

/** The position of the first byte that is not part of a complete UTF-8 character. */
function firstNotUtf8(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes[at]!);
    if (!character) return at;
    for (let i = 1; i < character.length; i++) {
      const byte = bytes[at + i];
      const [low, high] = i === 1 ? [character.low, character.high] : [0x80, 0xbf];
      if (byte === undefined || byte < low || byte > high) return at;
    }
    at += character.length;
  }
  return bytes.length;
}

function fault(file: string, at: number, got: string, expected = "UTF-8"): EngineError {
  return readError({
    file,
    field: `byte ${at}`,
    expected: `${expected} text`,
    got,
    advice: SAVE_AGAIN,
    detail: { byte: at },
  });
}
