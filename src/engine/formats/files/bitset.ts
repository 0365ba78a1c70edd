// Binary masks as base64 text: eight gates per byte, first gate in the lowest bit, last byte padded with zeros.
import { showValue } from "../../errors.ts";
import { base64Of, binaryOf } from "./base64.ts";
import { readError } from "./readError.ts";

const ADVICE = "The mask was changed or cut short: use the original file.";

/** How many gates of a mask (0 or 1) are ones. */
export const countOnes = (mask: Uint8Array): number => mask.reduce((sum, gate) => sum + gate, 0);

/** Packs N gates (0 or 1) into ceil(N / 8) bytes, LSB first: gate i is bit i % 8 of byte i / 8. */
export function packBytes(mask: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((bit, i) => {
    if (bit !== 0) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

/** The N gates of `packBytes`. */
export const unpackBytes = (bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1);

/** The bytes of `packBytes` as standard base64 with padding. */
export const packBits = (mask: Uint8Array): string => base64Of(packBytes(mask));

/** The same text from a mask that is already packed: gate i is bit i % 32 of word i / 32. */
export function packWords(words: Uint32Array, length: number): string {
  const bytes = Uint8Array.from({ length: Math.ceil(length / 8) }, (_, i) => (words[i >> 2] ?? 0) >>> (8 * (i & 3)));
  return base64Of(bytes);
}

/** The N gates of `packBits`; `where` names the mask in errors. Throws "format" for text that is not a bitset of exactly N gates. */
export function unpackBits(text: string, length: number, where = "mask"): Uint8Array<ArrayBuffer> {
  const binary = checkedBinary(text, length, where);
  return Uint8Array.from({ length }, (_, i) => (binary.charCodeAt(i >> 3) >> (i & 7)) & 1);
}

/** The words of `packWords`. Throws as `unpackBits`. */
export function unpackWords(text: string, length: number, where = "mask"): Uint32Array<ArrayBuffer> {
  const binary = checkedBinary(text, length, where);
  const words = new Uint32Array(Math.ceil(length / 32));
  for (let i = 0; i < binary.length; i++)
    words[i >> 2] = (words[i >> 2] ?? 0) | (binary.charCodeAt(i) << (8 * (i & 3)));
  return words;
}

interface BitsetFault {
  expected: string;
  got: string;
}

/** What is wrong with the text of a bitset of exactly `length` gates; undefined where nothing is. */
export function bitsetFault(text: string, length: number): BitsetFault | undefined {
  return decoded(text, length).fault;
}

/** The bytes of a bitset of exactly `length` gates, as the characters of a string. */
function checkedBinary(text: string, length: number, where: string): string {
  const { binary, fault } = decoded(text, length);
  if (fault) throw readError({ file: where, ...fault, advice: ADVICE });
  return binary;
}

function decoded(text: string, length: number): { binary: string; fault?: BitsetFault } {
  const binary = binaryOf(text);
  if (binary === undefined) return { binary: "", fault: { expected: "base64 text", got: showValue(text) } };
  const bytes = Math.ceil(length / 8);
  if (binary.length !== bytes) {
    return { binary, fault: { expected: `${bytes} bytes for ${length} gates`, got: String(binary.length) } };
  }
  const padding = length % 8 === 0 ? 0 : binary.charCodeAt(bytes - 1) >> (length % 8);
  if (padding === 0) return { binary };
  return { binary, fault: { expected: `zeros after the last of ${length} gates`, got: "ones" } };
}
