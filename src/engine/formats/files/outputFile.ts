// A file to be written: its exact size is known before the first byte, and its bytes are produced on demand.
import { invariant } from "../../errors.ts";
import { type ByteSource, type Folder, missingFile } from "./folder.ts";
import { memorySource } from "./memoryFolder.ts";

/** Chunk size for copying a file or writing a large tensor. */
export const CHUNK_BYTES = 4 * 1024 * 1024;

export interface OutputFile {
  /** Path inside the exported folder, with "/" between its parts. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly `sizeBytes` bytes; every call produces the same ones again. */
  stream(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** A small file in memory. */
export function bytesFile(name: string, bytes: Uint8Array<ArrayBuffer>): OutputFile {
  return {
    name,
    sizeBytes: bytes.length,
    async *stream() {
      yield bytes;
    },
  };
}

/** A small UTF-8 file. */
export function textFile(name: string, text: string): OutputFile {
  return bytesFile(name, new TextEncoder().encode(text));
}

/** `value` as indented JSON with a newline at the end; key order is the object's own, so equal values give equal bytes. */
export function jsonFile(name: string, value: unknown): OutputFile {
  return textFile(name, jsonText(value));
}

/** Fields that transformers accepts only with a decimal point, which JavaScript leaves out of whole numbers. */
const FLOATS = /("(?:attn|final)_logit_softcapping": \d+)(?=,?$)/gm;

/** The text of such a file. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2).replace(FLOATS, "$1.0")}\n`;

/** A source file copied slice by slice, byte for byte. */
export function copiedFile(source: ByteSource, name = source.name): OutputFile {
  return {
    name,
    sizeBytes: source.size,
    async *stream() {
      for (let at = 0; at < source.size; at += CHUNK_BYTES) {
        yield await source.read(at, Math.min(CHUNK_BYTES, source.size - at));
      }
    },
  };
}

/** The bytes of `file`, counted: throws "bug" unless there are exactly `sizeBytes`. */
export async function* checkedStream(file: OutputFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  for await (const chunk of file.stream()) {
    sent += chunk.length;
    if (sent > file.sizeBytes) break;
    yield chunk;
  }
  invariant(
    sent === file.sizeBytes,
    "bug",
    `${file.name}: expected ${file.sizeBytes} bytes, got ${sent}. Please report this bug.`,
  );
}

/** The complete file in one array: for small files and for reading an export back. */
export async function collect(file: OutputFile): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(file.sizeBytes);
  let at = 0;
  for await (const chunk of checkedStream(file)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Output files as a folder for the loaders, so that an export is checked by the code that reads it later. A file is produced when
 * it is first opened and then stays in memory; write a large model to storage first and read it from there.
 */
export function outputFolder(name: string, files: readonly OutputFile[]): Folder {
  const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const names = files.map((file) => file.name);
  return {
    name,
    list: () => names,
    async open(fileName) {
      const file = files.find((candidate) => candidate.name === fileName);
      if (!file) throw missingFile({ name, list: () => names }, fileName);
      const bytes = made.get(fileName) ?? collect(file);
      made.set(fileName, bytes);
      return memorySource(fileName, await bytes);
    },
  };
}
