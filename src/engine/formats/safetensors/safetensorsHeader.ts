// The header of a safetensors file: read, and checked against the size of the file, so that later code can trust it.
import { showValue } from "../../errors.ts";
import { type Dtype, DTYPES, dtypeBytes, elementCount, isDtype, TAKE_FLOATS } from "../../dtype.ts";
import { parseJson } from "../files/folder.ts";
import { FETCH_AGAIN, LFS_ADVICE, readError, WRITE_AGAIN } from "../files/readError.ts";

/** Bytes before the header: its length as a little-endian u64. */
export const LENGTH_BYTES = 8;
/** Largest header that the format allows. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Writers pad the header with spaces to a multiple of this, so that the tensors are aligned to it. */
export const HEADER_ALIGN = 8;
/** The one key of the header that is not a tensor. */
export const METADATA_KEY = "__metadata__";

/** One tensor of a file: `begin` and `end` are positions in the file, in bytes. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

const NOT_SAFETENSORS = "This is not a safetensors file: choose model.safetensors or the shards of the model.";
const OTHER_MODEL = "Take config.json and weights from the same model.";

/** Element types of the safetensors format that only quantised weights have: floats of 8 bits and fewer. */
const QUANTISED_DTYPE = /^F[468](_|$)/;
/** What a pointer of Git LFS starts with: the text that a clone without LFS has instead of the file. */
const LFS_POINTER = "version ";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The length that the first eight bytes state, checked against the file's size. */
export function readHeaderLength(file: string, prefix: Uint8Array, fileBytes: number): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES);
  const stated = view.getBigUint64(0, true);
  const available = fileBytes - LENGTH_BYTES;
  const refuse = (expected: string, advice: string) =>
    readError({ file, field: "header length", expected, got: String(stated), advice });
  if (new TextDecoder("latin1").decode(prefix) === LFS_POINTER) {
    throw readError({ file, expected: "the weights", got: "a Git LFS pointer to them", advice: LFS_ADVICE });
  }
  if (stated > BigInt(MAX_HEADER_BYTES)) throw refuse(`at most ${MAX_HEADER_BYTES} bytes`, NOT_SAFETENSORS);
  if (stated > BigInt(available)) throw refuse(`at most the ${available} bytes that follow`, FETCH_AGAIN);
  if (stated < 2n) throw refuse("at least 2 bytes", FETCH_AGAIN);
  return Number(stated);
}

function parseHeaderJson(file: string, bytes: Uint8Array): Record<string, unknown> {
  const refuse = (expected: string, got: string, advice: string) =>
    readError({ file, field: "header", expected, got, advice });
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse("JSON in UTF-8", "other bytes", FETCH_AGAIN);
  }
  const options = { field: "header", mostBytes: MAX_HEADER_BYTES, unparsed: FETCH_AGAIN, wordsAt: ["", METADATA_KEY] };
  const json = parseJson(text, file, options);
  if (!text.startsWith("{") || !isRecord(json)) throw refuse("an object", showValue(json), WRITE_AGAIN);
  return json;
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const refuse = (field: string, expected: string, got: unknown) =>
    readError({ file, field, expected, got: showValue(got), advice: WRITE_AGAIN });
  if (!isRecord(value)) throw refuse(METADATA_KEY, "an object of strings", value);
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== "string") throw refuse(`${METADATA_KEY}.${key}`, "a string", text);
    return [key, text];
  });
  return Object.fromEntries(entries);
}

/** Where the entry of a tensor was found. */
interface TensorPlace {
  file: string;
  name: string;
  /** Position of the first data byte in the file, and number of data bytes. */
  dataStart: number;
  dataBytes: number;
}

/** One entry of the header: its bytes are inside the file, and there are exactly as many as shape and dtype need. */
function parseTensor(value: unknown, { file, name, dataStart, dataBytes }: TensorPlace): TensorInfo {
  const refuse = (key: string, expected: string, got: string, advice = WRITE_AGAIN) =>
    readError({ file, field: `tensor '${name}'${key}`, expected, got, advice });
  if (!isRecord(value)) throw refuse("", "an object", showValue(value));
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isDtype(dtype)) {
    const quantised = typeof dtype === "string" && QUANTISED_DTYPE.test(dtype);
    throw readError({
      file,
      field: `tensor '${name}': dtype`,
      expected: quantised ? "F32, F16 or BF16" : `one of ${DTYPES.join(", ")}`,
      got: `${showValue(dtype)}${quantised ? ", a type of quantised weights" : ""}`,
      advice: quantised ? TAKE_FLOATS : "Convert the weights to F32, F16 or BF16.",
      code: quantised ? "unsupported" : "format",
    });
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw refuse(": shape", "non-negative integers", showValue(shape));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw refuse(": data_offsets", "two non-negative integers", showValue(offsets));
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end) throw refuse(": data_offsets", "begin at or before end", showValue(offsets));
  if (end > dataBytes) {
    throw refuse(": data_offsets", `an end of at most ${dataBytes}, the bytes of data`, String(end), FETCH_AGAIN);
  }
  const needed = elementCount(shape) * dtypeBytes(dtype);
  if (needed !== end - begin) {
    throw refuse(": data_offsets", `${needed} bytes for ${dtype} ${showValue(shape)}`, String(end - begin));
  }
  return { name, dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/**
 * Parses a header's bytes (without the eight length bytes) and checks that its tensors tile the rest of the file exactly.
 * Throws EngineError("format") naming file, field and number.
 */
export function parseHeader(file: string, bytes: Uint8Array, fileBytes: number): SafetensorsHeader {
  const dataStart = LENGTH_BYTES + bytes.byteLength;
  const json = parseHeaderJson(file, bytes);
  const metadata = parseMetadata(file, json[METADATA_KEY]);
  const data = { file, dataStart, dataBytes: fileBytes - dataStart };
  const tensors = Object.entries(json)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => parseTensor(value, { ...data, name }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  let previous = "the header";
  for (const { name, begin, end } of tensors) {
    if (begin !== at) {
      const fault = begin < at ? `an overlap of ${at - begin}` : `a gap of ${begin - at}`;
      throw readError({
        file,
        field: `tensor '${name}': data_offsets`,
        expected: `begin ${at - dataStart}, where ${previous} ends`,
        got: `${begin - dataStart} (${fault} bytes)`,
        advice: WRITE_AGAIN,
      });
    }
    at = end;
    previous = `'${name}'`;
  }
  if (at !== fileBytes) {
    const expected = `${at} bytes, where the last tensor ends`;
    throw readError({ file, field: "size", expected, got: String(fileBytes), advice: FETCH_AGAIN });
  }
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

/** Looks up a tensor; throws "format" where it is missing, with some names that exist. */
export function requireTensor(file: string, tensors: ReadonlyMap<string, TensorInfo>, name: string): TensorInfo {
  const info = tensors.get(name);
  if (info) return info;
  const some = [...tensors.keys()].slice(0, 6).join(", ");
  throw readError({
    file,
    field: `tensor '${name}'`,
    expected: "a tensor of this name",
    got: tensors.size === 0 ? "no tensors" : `${tensors.size} others (${some}${tensors.size > 6 ? ", ..." : ""})`,
    advice: OTHER_MODEL,
    detail: { name },
  });
}
