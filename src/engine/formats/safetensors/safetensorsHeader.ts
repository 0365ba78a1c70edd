// The header of a safetensors file: read, and checked against the file so that nothing after it has to be doubted.
import { EngineError, invariant, showValue } from "../../errors.ts";
import { type Dtype, DTYPES, dtypeBytes, elementCount, isDtype } from "../../dtype.ts";
import { duplicateKey } from "../../json/jsonKeys.ts";

/** Bytes in front of the header: its length as a little-endian u64. */
export const LENGTH_BYTES = 8;
/** The format's own limit of a header. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Writers pad the header with spaces to this, so that the tensors start at a multiple of it. */
export const HEADER_ALIGN = 8;
/** The key of the header that is not a tensor. */
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

/** Throws "format": file, field and what is wrong with it. */
function refuse(file: string, field: string, problem: string): never {
  throw new EngineError("format", `${file}: ${field}: ${problem}`, { file, field });
}

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
  const room = fileBytes - LENGTH_BYTES;
  if (stated > BigInt(MAX_HEADER_BYTES)) {
    const limit = `more than the ${MAX_HEADER_BYTES} that the format allows; this is not a safetensors file`;
    refuse(file, "header length", `${stated} bytes, ${limit}`);
  }
  if (stated > BigInt(room)) {
    refuse(file, "header length", `${stated} bytes, but only ${room} follow; the file is cut off or not safetensors`);
  }
  if (stated < 2n) refuse(file, "header length", `${stated} bytes are too few for a header`);
  return Number(stated);
}

function parseJson(file: string, bytes: Uint8Array): Record<string, unknown> {
  let text = "";
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text) as unknown;
  } catch (error) {
    refuse(file, "header", `not JSON in UTF-8 (${error instanceof Error ? error.message : "unreadable"})`);
  }
  if (!text.startsWith("{") || !isRecord(json)) refuse(file, "header", `expected an object, got ${showValue(json)}`);
  const twice = duplicateKey(text);
  if (twice !== undefined) refuse(file, "header", `'${twice}' occurs twice`);
  return json;
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) refuse(file, METADATA_KEY, `expected an object of strings, got ${showValue(value)}`);
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== "string") refuse(file, `${METADATA_KEY}.${key}`, `expected a string, got ${showValue(text)}`);
    return [key, text];
  });
  return Object.fromEntries(entries);
}

/** One entry of the header, its bytes within the file and as many as shape and dtype say. */
function parseTensor(file: string, name: string, value: unknown, dataStart: number, dataBytes: number): TensorInfo {
  const field = (key: string) => `tensor '${name}', ${key}`;
  if (!isRecord(value)) refuse(file, `tensor '${name}'`, `expected an object, got ${showValue(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isDtype(dtype)) {
    refuse(file, field("dtype"), `${showValue(dtype)} is unknown; known: ${DTYPES.join(", ")}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    refuse(file, field("shape"), `expected non-negative integers, got ${showValue(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    refuse(file, field("data_offsets"), `expected two non-negative integers, got ${showValue(offsets)}`);
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end) refuse(file, field("data_offsets"), `begin ${begin} is after end ${end}`);
  if (end > dataBytes) {
    refuse(file, field("data_offsets"), `end ${end} is beyond the ${dataBytes} bytes of data; the file is cut off`);
  }
  const wanted = elementCount(shape) * dtypeBytes(dtype);
  if (wanted !== end - begin) {
    const needs = `${dtype} ${showValue(shape)} takes ${wanted} bytes`;
    refuse(file, field("data_offsets"), `${needs}, but [${begin}, ${end}] holds ${end - begin}`);
  }
  return { name, dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/**
 * Reads a header's bytes (without the eight in front) and checks that its tensors tile the rest of the file exactly.
 * Throws EngineError("format") naming file, field and number.
 */
export function parseHeader(file: string, bytes: Uint8Array, fileBytes: number): SafetensorsHeader {
  const dataStart = LENGTH_BYTES + bytes.byteLength;
  const json = parseJson(file, bytes);
  const metadata = parseMetadata(file, json[METADATA_KEY]);
  const tensors = Object.entries(json)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => parseTensor(file, name, value, dataStart, fileBytes - dataStart))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  let previous = "the header";
  for (const { name, begin, end } of tensors) {
    if (begin !== at) {
      const relation =
        begin < at ? `overlaps ${previous} by ${at - begin} bytes` : `leaves ${begin - at} bytes after ${previous}`;
      refuse(file, `tensor '${name}', data_offsets`, `begin ${begin - dataStart} ${relation}`);
    }
    at = end;
    previous = `'${name}'`;
  }
  if (at !== fileBytes) refuse(file, "size", `${fileBytes} bytes, but the last tensor ends at ${at}`);
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

/** Looks a tensor up; throws "format" with some names that there are. */
export function requireTensor(file: string, tensors: ReadonlyMap<string, TensorInfo>, name: string): TensorInfo {
  const info = tensors.get(name);
  invariant(
    info,
    "format",
    () => `${file} has no tensor '${name}'; it has ${tensors.size}: ${[...tensors.keys()].slice(0, 6).join(", ")} ...`,
    { file, name },
  );
  return info;
}
