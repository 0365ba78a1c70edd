// Bytes as printable characters, one each: how byte-level BPE writes its vocabulary (GPT-2).
import { utf8 } from "./unicode.ts";

/** The character of each byte: printable Latin-1 stands for itself, the other bytes follow from U+0100 on. */
const CHARACTERS = charactersOfBytes();
const BYTES = new Map(CHARACTERS.map((character, byte) => [character, byte]));

function charactersOfBytes(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(itself ? byte : next++);
  });
}

/** UTF-8 of a text, a character for each byte. */
export function toByteCharacters(text: string): string {
  let out = "";
  for (const byte of utf8(text)) out += CHARACTERS[byte] ?? "";
  return out;
}

/** The bytes that a token of byte characters stands for; undefined where it has a character that stands for none. */
export function bytesOfCharacters(token: string): number[] | undefined {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = BYTES.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}
