// Bytes as standard base64 text with padding.

/** Bytes converted per call: String.fromCharCode takes a limited number of arguments. */
const CHUNK_BYTES = 8192;

export function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(binary);
}

/** The bytes as the characters of a string; undefined for a text that is not base64. */
export function binaryOf(text: string): string | undefined {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? atob(text) : undefined;
}

/** The bytes; undefined for a text that is not base64. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  const binary = binaryOf(text);
  return binary === undefined ? undefined : Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
