// Where bytes come from: a file read by slices, and a folder of such files (picked, dropped, fetched, cached or in memory).
import { EngineError, invariant } from "../../errors.ts";

/** Random access to the bytes of one file; nothing is held in memory but what `read` returns. */
export interface ByteSource {
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** The bytes [offset, offset + length); throws EngineError("format") past the end. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A flat folder: a model as the hub lays it out. */
export interface Folder {
  readonly name: string;
  list(): readonly string[];
  /** Throws EngineError("format") where there is no such file, naming those that are there. */
  open(file: string): Promise<ByteSource>;
}

/** Throws "format" unless [offset, offset + length) lies within the file; every ByteSource calls it first. */
export function checkRange(source: Pick<ByteSource, "name" | "size">, offset: number, length: number): void {
  invariant(
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0,
    "bug",
    `${source.name}: cannot read ${length} bytes from ${offset}`,
  );
  invariant(
    offset + length <= source.size,
    "format",
    `${source.name}: bytes ${offset} to ${offset + length} were asked for, but the file has ${source.size}; it is probably cut off, fetch it again`,
    { file: source.name, offset, length, size: source.size },
  );
}

/** The error of a folder without `file`: says which files there are. */
export function missingFile(folder: Pick<Folder, "name" | "list">, file: string): EngineError {
  const files = [...folder.list()].sort();
  const shown = files.slice(0, 12).join(", ") + (files.length > 12 ? ` and ${files.length - 12} more` : "");
  return new EngineError("format", `${folder.name} has no ${file}; it has ${shown || "no files"}`, {
    folder: folder.name,
    file,
    files,
  });
}

/** A folder over sources that are at hand: memory, picked or dropped files. The names must be distinct. */
export function folderOf(name: string, sources: readonly ByteSource[]): Folder {
  const byName = new Map(sources.map((source) => [source.name, source]));
  invariant(byName.size === sources.length, "format", `${name}: two files have the same name`);
  const names = [...byName.keys()];
  const folder: Folder = {
    name,
    list: () => names,
    open: async (file) => {
      const source = byName.get(file);
      if (!source) throw missingFile(folder, file);
      return source;
    },
  };
  return folder;
}

/** A picked, dropped or cached file, read by slices. `name` stands in for a Blob, which has none. */
export function blobSource(name: string, blob: Blob): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
  return source;
}

/** The whole file as text; throws "format" where it is not UTF-8. */
export async function readText(source: ByteSource): Promise<string> {
  const bytes = await source.read(0, source.size);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new EngineError("format", `${source.name} is not UTF-8 text`, { file: source.name });
  }
}

/** The whole file as JSON; throws "format" where it is not. */
export async function readJson(source: ByteSource): Promise<unknown> {
  const text = await readText(source);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new EngineError("format", `${source.name} is not JSON: ${error instanceof Error ? error.message : "?"}`, {
      file: source.name,
    });
  }
}
