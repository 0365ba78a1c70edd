// Binary masks as base64 text: eight gates a byte, the first gate in the lowest bit, the last byte filled up with zeros.
import { invariant } from "../../errors.ts";

/** Bytes turned into text at a time: String.fromCharCode takes a limited number of arguments. */
const CHUNK_BYTES = 8192;

/** Packs N gates (0 or 1) into ceil(N / 8) bytes, LSB first (gate i is bit i % 8 of byte i / 8), as standard base64 with padding. */
export function packBits(mask: Uint8Array): string {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((bit, i) => {
    if (bit !== 0) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return base64Of(bytes);
}

/** The same text from a mask that is packed already: gate i is bit i % 32 of word i / 32. */
export function packWords(words: Uint32Array, length: number): string {
  const bytes = Uint8Array.from({ length: Math.ceil(length / 8) }, (_, i) => (words[i >> 2] ?? 0) >>> (8 * (i & 3)));
  return base64Of(bytes);
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(binary);
}

/** The N gates of `packBits`; `what` names the mask in errors. Throws "format" for text that is not the bitset of exactly N gates. */
export function unpackBits(text: string, length: number, what = "bitset"): Uint8Array<ArrayBuffer> {
  const binary = binaryOf(text, length, what);
  return Uint8Array.from({ length }, (_, i) => (binary.charCodeAt(i >> 3) >> (i & 7)) & 1);
}

/** The words of `packWords`. Throws as `unpackBits`. */
export function unpackWords(text: string, length: number, what = "bitset"): Uint32Array<ArrayBuffer> {
  const binary = binaryOf(text, length, what);
  const words = new Uint32Array(Math.ceil(length / 32));
  for (let i = 0; i < binary.length; i++)
    words[i >> 2] = (words[i >> 2] ?? 0) | (binary.charCodeAt(i) << (8 * (i & 3)));
  return words;
}

/** The bytes of a bitset of exactly `length` gates, as the characters of a string. */
function binaryOf(text: string, length: number, what: string): string {
  invariant(isBase64(text), "format", `${what}: expected base64 text, got ${JSON.stringify(text.slice(0, 20))}`);
  const binary = atob(text);
  const expectedBytes = Math.ceil(length / 8);
  invariant(
    binary.length === expectedBytes,
    "format",
    `${what}: expected ${expectedBytes} bytes for ${length} gates, got ${binary.length}`,
  );
  const spare = length % 8 === 0 ? 0 : binary.charCodeAt(expectedBytes - 1) >> (length % 8);
  invariant(spare === 0, "format", `${what}: expected zeros after the last of ${length} gates, got ones`);
  return binary;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
