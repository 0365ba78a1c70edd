// The header of a GGUF file: metadata and tensors, checked against the file so that nothing after it has to be doubted.
import { EngineError, invariant } from "../../errors.ts";
import { elementCount } from "../../dtype.ts";
import type { ByteSource } from "../files/folder.ts";
import { HeaderCursor, type MetadataValue, NeedMoreBytes } from "./headerCursor.ts";
import { blockType, type BlockType, QUANT_TYPES, typeName } from "./types.ts";

export type { MetadataValue } from "./headerCursor.ts";

export interface GgufTensor {
  readonly name: string;
  readonly type: BlockType;
  /** Outermost dimension first, as safetensors and PyTorch have it; GGUF stores it the other way round. */
  readonly shape: readonly number[];
  /** Positions in the file, in bytes. */
  readonly begin: number;
  readonly end: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** "GGUF" as a little-endian u32. */
const MAGIC = 0x46554747;
/** 1 had 32-bit counts and was replaced within weeks; 3 added big-endian files, which nobody publishes. */
const VERSIONS = [2, 3];
/** Read first: enough for the header of most models. Longer ones are read on. */
const FIRST_BYTES = 4 * 1024 * 1024;
const GROWTH = 4;
const MAX_DIMS = 4;
const DEFAULT_ALIGNMENT = 32;
/** Least bytes of a metadata entry (key length, type, one byte) and of a tensor's (name length, dimensions, type, offset). */
const ENTRY_BYTES = 13;
const TENSOR_BYTES = 24;

/**
 * Reads and checks the header. A file that lies (magic, version, counts, lengths, duplicate names, shapes, tensors that overlap, leave
 * holes or lie outside the file) is refused with EngineError("format") naming file, field and number; a tensor type that is not read,
 * with "unsupported" and the list of those that are. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  for (let length = FIRST_BYTES; ; length *= GROWTH) {
    const bytes = await source.read(0, Math.min(length, source.size));
    try {
      return parseHeader(new HeaderCursor(source.name, bytes, source.size), source);
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
    }
  }
}

function parseHeader(cursor: HeaderCursor, { name: file, size }: Pick<ByteSource, "name" | "size">): GgufHeader {
  const magic = cursor.u32("magic");
  if (magic !== MAGIC) {
    cursor.refuse("magic", `expected "GGUF" (0x46554747), got 0x${magic.toString(16)}; this is not a GGUF file`);
  }
  const version = cursor.u32("version");
  if (!VERSIONS.includes(version)) {
    const hint = version % 65536 === 0 ? "; the file is big-endian" : "";
    cursor.refuse(
      "version",
      `expected ${VERSIONS.join(" or ")}, got ${version}${hint}; convert it with a current llama.cpp`,
    );
  }
  const tensorCount = cursor.count("tensor count", TENSOR_BYTES);
  const entryCount = cursor.count("metadata count", ENTRY_BYTES);
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.text(`metadata key ${i}`);
    if (metadata.has(key)) cursor.refuse(key, "occurs twice in the metadata");
    metadata.set(key, cursor.value(cursor.u32(`${key}, type`), key));
  }
  const parsed = Array.from({ length: tensorCount }, (_, i) => parseTensor(cursor, i));
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== "number" || !(alignment >= 8) || alignment % 8 !== 0) {
    cursor.refuse("general.alignment", `expected a multiple of 8, got ${JSON.stringify(alignment)}`);
  }
  const dataStart = padded(cursor.at, alignment);
  const tensors = parsed
    .map((tensor) => ({ ...tensor, begin: tensor.begin + dataStart, end: tensor.end + dataStart }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkPlaces(cursor, tensors, dataStart, alignment, size);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  invariant(byName.size === tensors.length, "format", () => `${file}: tensor '${twice(tensors)}' occurs twice`);
  return { metadata, tensors: byName };
}

const padded = (bytes: number, alignment: number): number => Math.ceil(bytes / alignment) * alignment;

function twice(tensors: readonly GgufTensor[]): string {
  const names = tensors.map(({ name }) => name);
  return names.find((name, i) => names.indexOf(name) !== i) ?? "";
}

/** One entry; `begin` and `end` are still relative to the data. */
function parseTensor(cursor: HeaderCursor, i: number): GgufTensor {
  const name = cursor.text(`name of tensor ${i}`);
  const field = (key: string): string => `tensor '${name}', ${key}`;
  const dims = cursor.u32(field("dimensions"));
  if (dims < 1 || dims > MAX_DIMS) cursor.refuse(field("dimensions"), `expected 1 to ${MAX_DIMS}, got ${dims}`);
  const shape = Array.from({ length: dims }, () => cursor.u64(field("shape"))).reverse();
  const number = cursor.u32(field("type"));
  const type = blockType(number);
  if (!type) {
    const message = `${cursor.file}: ${field("type")}: ${typeName(number)} is not supported; supported: ${QUANT_TYPES.join(", ")}`;
    throw new EngineError("unsupported", message, { name, type: number });
  }
  const begin = cursor.u64(field("offset"));
  const columns = shape.at(-1) ?? 0;
  if (columns % type.values !== 0) {
    cursor.refuse(field("shape"), `rows of ${columns} are not whole ${type.name} blocks of ${type.values}`);
  }
  const bytes = (elementCount(shape) / type.values) * type.bytes;
  if (!Number.isSafeInteger(bytes) || bytes === 0) cursor.refuse(field("shape"), `[${shape.join(", ")}] is impossible`);
  return { name, type, shape, begin, end: begin + bytes };
}

/** Tensors follow each other with no more between them than the padding to the alignment, and the file ends with the last one. */
function checkPlaces(
  cursor: HeaderCursor,
  tensors: readonly GgufTensor[],
  dataStart: number,
  alignment: number,
  size: number,
): void {
  let at = dataStart;
  let previous = "the header";
  for (const { name, type, shape, begin, end } of tensors) {
    const field = `tensor '${name}', offset`;
    if (begin !== at) {
      const relation =
        begin < at ? `overlaps ${previous} by ${at - begin} bytes` : `leaves ${begin - at} bytes after ${previous}`;
      cursor.refuse(field, `${begin - dataStart} ${relation}`);
    }
    if (end > size) {
      const needs = `${type.name} [${shape.join(", ")}] ends at ${end}`;
      cursor.refuse(field, `${needs}, but the file has ${size} bytes; it is cut off, fetch it again`);
    }
    at = padded(end, alignment);
    previous = `'${name}'`;
  }
  if (size > Math.max(at, dataStart)) cursor.refuse("size", `${size} bytes, but the last tensor ends at ${at}`);
}
