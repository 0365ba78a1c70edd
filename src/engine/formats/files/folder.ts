// Where bytes come from: a file read by slices, and a folder of such files (picked, dropped, fetched, cached or in memory).
import type { BlockDtype } from "../../dtype.ts";
import { EngineError, invariant, showValue } from "../../errors.ts";
import { type JsonFault, jsonFault } from "../../json/scanJson.ts";
import { notJson } from "./notJson.ts";
import { decodeText } from "./decodeText.ts";
import { FETCH_AGAIN, readError, WRITE_AGAIN } from "./readError.ts";

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
  /** The blocks of rows [first, first + count). Throws "bug" for a tensor without a `dtypeOf`. */
  readRows(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
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

/** A picked, dropped or cached file, read by slices. A Blob has no name, so `name` is passed with it. Reading throws "storage" where the file is gone. */
export function blobSource(name: string, blob: Blob): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        const reason = error instanceof Error ? error.name : String(error);
        throw new EngineError(
          "storage",
          `${name}: the file cannot be read any more (${reason}). It was moved, changed or deleted after it was opened: open the model again.`,
          { file: name },
        );
      }
    },
  };
  return source;
}

/** The complete file as text; throws "format" where it is no text (`decodeText`). */
export async function readText(source: ByteSource): Promise<string> {
  return decodeText(source.name, await source.read(0, source.size));
}

/** How a JSON file is read. */
interface JsonOptions {
  /** What to do about a file that is not JSON; default: what the text suggests. */
  advice?: string;
  /** The same about a text that does not parse, where another advice applies. */
  unparsed?: string;
  /** Which field of the file the text is, such as "header"; default: it is the complete file. */
  field?: string;
  /** Largest accepted size in bytes (UTF-16 units where the text is passed); default: JSON_BYTES. */
  mostBytes?: number;
  /** Paths of objects whose keys are words or names, so that "__proto__" may be one; "" is the root. */
  wordsAt?: readonly string[];
}

/** Largest JSON file that is read, unless its reader allows more: the largest index or tokenizer_config.json has a few MB. */
const JSON_BYTES = 64e6;
/** Levels of objects and lists that are accepted. The files of models and runs have fewer than ten. */
const DEEPEST_JSON = 64;

/**
 * The complete file as JSON. The one reader of JSON from outside, with `parseJson`: refuses by file and place what is too large, not JSON,
 * nested too deeply, or has a key twice or "__proto__" as a key. Throws "format".
 */
export async function readJson(source: ByteSource, options: JsonOptions = {}): Promise<unknown> {
  checkJsonSize(source.name, source.size, options);
  return parseJson(await readText(source), source.name, options);
}

function checkJsonSize(file: string, size: number, { mostBytes = JSON_BYTES, advice, field }: JsonOptions): void {
  if (size <= mostBytes) return;
  throw readError({
    file,
    field: field === undefined ? "size" : `${field}: size`,
    expected: `at most ${mostBytes} bytes of JSON`,
    got: String(size),
    advice: advice ?? "Take the file that the model was published with.",
  });
}

/** Parses the JSON text of `file` as `readJson` does. Throws "format". */
export function parseJson(text: string, file: string, options: JsonOptions = {}): unknown {
  checkJsonSize(file, text.length, options);
  const fault = jsonFault(text, DEEPEST_JSON, options.wordsAt);
  if (fault?.kind === "deep") throw faultError(file, fault, options);
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { got, remedy } = notJson(text, reason);
    const { field, advice = remedy, unparsed = advice } = options;
    throw readError({ file, ...(field === undefined ? {} : { field }), expected: "JSON", got, advice: unparsed });
  }
  if (fault) throw faultError(file, fault, options);
  return value;
}

function faultError(file: string, { kind, path, key }: JsonFault, options: JsonOptions): EngineError {
  const field = [options.field, path].filter((part) => part !== undefined && part !== "").join(": ");
  const words = {
    deep: { expected: `at most ${DEEPEST_JSON} levels of objects and lists`, got: "more" },
    twice: { expected: "each key once", got: `${showValue(key)} twice` },
    proto: { expected: "no key __proto__", got: "one" },
  };
  const { advice = WRITE_AGAIN } = options;
  return readError({ file, ...(field === "" ? {} : { field }), ...words[kind], advice });
}
