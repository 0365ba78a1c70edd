// Files in memory, for exports that are read back and for tests.
import { joinedBytes } from "../../../shared/joinedBytes.ts";
import { type ByteSource, checkRange, type Folder, folderOf } from "./folder.ts";

/** Bytes in memory as a file. Reads return copies, so that no caller can change the file. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.byteLength,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      return Uint8Array.from(bytes.subarray(offset, offset + length));
    },
  };
  return source;
}

/** A folder of files in memory; text is stored as UTF-8. */
export function memoryFolder(name: string, files: Readonly<Record<string, Uint8Array | string>>): Folder {
  const encoder = new TextEncoder();
  return folderOf(
    name,
    Object.entries(files).map(([file, content]) =>
      memorySource(file, typeof content === "string" ? encoder.encode(content) : content),
    ),
  );
}

/** Joins a stream of chunks; for files that are known to fit in memory. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return joinedBytes(parts);
}
