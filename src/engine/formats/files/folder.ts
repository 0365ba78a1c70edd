// Where bytes come from: a file read by slices, and a folder of such files (picked, dropped, fetched, cached or in memory).
import type { BlockDtype } from "../../dtype.ts";
import { type EngineError, invariant } from "../../errors.ts";
import { notJson } from "./notJson.ts";
import { decodeText } from "./decodeText.ts";
import { FETCH_AGAIN, readError } from "./readError.ts";

/** Random access to the bytes of one file; only what `read` returns is in memory. */
export interface ByteSource {
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** The bytes [offset, offset + length); throws EngineError("format") past the end. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Weights as they are in their file. */
interface StoredWeights {
  readonly bytes: number;
  /** The element type of most of them, such as "Q4_1". */
  readonly dtype: string;
}

/** Tensors as the blocks of a GGUF file, by the names and with the order of rows that transformers has. */
export interface BlockTensors {
  /** Undefined for a tensor that is not quantised. */
  dtypeOf(name: string): BlockDtype | undefined;
  /** All blocks, row by row. Throws "bug" for a tensor without a `dtypeOf`. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** A model's folder as the hub lays it out: flat. One that was picked or dropped may have subfolders; then the names of files are paths with "/". */
export interface Folder {
  readonly name: string;
  /** Paths of subfolders whose files are not listed. */
  readonly subfolders?: readonly string[];
  /** What a user should know about how the folder was put together: files that take no part, for example. Full sentences. */
  readonly notes?: readonly string[];
  /** What the weights take on disk, where that is not what `open` shows: bytes and element type of a GGUF file. */
  readonly stored?: StoredWeights;
  /** The GGUF file, or its parts in order, that the folder presents. */
  readonly gguf?: readonly ByteSource[];
  /** Its quantised tensors, whose values the folder's safetensors have. */
  readonly blocks?: BlockTensors;
  list(): readonly string[];
  /** Throws EngineError("format") where there is no such file; the message lists the files that exist. */
  open(file: string): Promise<ByteSource>;
}

/** Throws "format" unless [offset, offset + length) is inside the file; every ByteSource calls it first. */
export function checkRange(source: Pick<ByteSource, "name" | "size">, offset: number, length: number): void {
  invariant(
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0,
    "bug",
    `${source.name}: cannot read ${length} bytes from ${offset}`,
  );
  if (offset + length <= source.size) return;
  throw readError({
    file: source.name,
    field: "size",
    expected: `at least ${offset + length} bytes`,
    got: String(source.size),
    advice: FETCH_AGAIN,
    detail: { offset, length, size: source.size },
  });
}

/** The error of a folder without `file`; lists the files that exist. */
export function missingFile(folder: Pick<Folder, "name" | "list">, file: string): EngineError {
  const files = [...folder.list()].sort();
  const shown = files.slice(0, 12).join(", ") + (files.length > 12 ? ` and ${files.length - 12} more` : "");
  return readError({
    file: folder.name,
    expected: `a file ${file}`,
    got: shown || "no files",
    advice: "Add the file, or choose the folder that has it.",
    detail: { folder: folder.name, file, files },
  });
}

/** A folder of files in memory, picked or dropped. Throws "format" where two have the same name. */
export function folderOf(name: string, sources: readonly ByteSource[], subfolders?: readonly string[]): Folder {
  const byName = new Map(sources.map((source) => [source.name, source]));
  const twice = sources.find((source) => byName.get(source.name) !== source);
  if (twice) {
    const got = `${twice.name} twice`;
    throw readError({ file: name, expected: "each file name once", got, advice: "Rename or remove one of the two." });
  }
  const names = [...byName.keys()];
  const folder: Folder = {
    name,
    ...(subfolders ? { subfolders } : {}),
    list: () => names,
    open: async (file) => {
      const source = byName.get(file);
      if (!source) throw missingFile(folder, file);
      return source;
    },
  };
  return folder;
}

/** A picked, dropped or cached file, read by slices. A Blob has no name, so `name` is passed with it. */
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

/** The complete file as text; throws "format" where it is no text (`decodeText`). */
export async function readText(source: ByteSource): Promise<string> {
  return decodeText(source.name, await source.read(0, source.size));
}

/** The complete file as JSON; throws "format" where it is not. */
export async function readJson(source: ByteSource): Promise<unknown> {
  return parseJson(await readText(source), source.name);
}

/** Parses the JSON text of `file`; throws "format" where it is not JSON, with `advice` or what the text suggests. */
export function parseJson(text: string, file: string, advice?: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { got, remedy } = notJson(text, reason);
    throw readError({ file, expected: "JSON", got, advice: advice ?? remedy });
  }
}
