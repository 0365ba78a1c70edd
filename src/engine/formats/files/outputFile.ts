// A file on its way out: its exact size is known before the first byte, and its bytes are made as they are asked for.
import { invariant } from "../../errors.ts";
import { type ByteSource, type Folder, missingFile } from "./folder.ts";
import { memorySource } from "./memoryFolder.ts";

/** Bytes that are made at a time where a file is copied or a large tensor written. */
export const CHUNK_BYTES = 4 * 1024 * 1024;

export interface OutputFile {
  /** Path inside the exported folder, with "/" between its parts. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes, anew and equal on every call; exactly `sizeBytes` of them. */
  stream(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** A small file held in memory. */
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
  return textFile(name, `${JSON.stringify(value, null, 2)}\n`);
}

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

/** The bytes of `file`, checked on the way: throws "bug" if they are more or fewer than it promised. */
export async function* checkedStream(file: OutputFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  for await (const chunk of file.stream()) {
    sent += chunk.length;
    if (sent > file.sizeBytes) break;
    yield chunk;
  }
  invariant(sent === file.sizeBytes, "bug", `${file.name}: expected ${file.sizeBytes} bytes, got ${sent}; report this`);
}

/** The whole file in one array: for small files and for reading an export back. */
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
 * Output files as a folder that the loaders read, so that an export is checked by what will read it later. A file is made when it
 * is first opened and then held in memory; for a large model write it out first and read it from there.
 */
export function outputFolder(name: string, files: readonly OutputFile[]): Folder {
  const held = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const names = files.map((file) => file.name);
  return {
    name,
    list: () => names,
    async open(fileName) {
      const file = files.find((candidate) => candidate.name === fileName);
      if (!file) throw missingFile({ name, list: () => names }, fileName);
      const bytes = held.get(fileName) ?? collect(file);
      held.set(fileName, bytes);
      return memorySource(fileName, await bytes);
    },
  };
}
