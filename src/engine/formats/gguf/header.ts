// The header of a GGUF file: metadata and tensors, checked against the size of the file, so that later code can trust it.
import { showValue } from "../../errors.ts";
import { elementCount } from "../../dtype.ts";
import type { ByteSource } from "../files/folder.ts";
import { FETCH_AGAIN, readError, WRITE_AGAIN } from "../files/readError.ts";
import { HeaderCursor, type MetadataValue, NeedMoreBytes } from "./headerCursor.ts";
import { blockType, type BlockType, QUANT_TYPES, typeName } from "./types.ts";

export interface GgufTensor {
  readonly name: string;
  readonly type: BlockType;
  /** Outermost dimension first, as in safetensors and PyTorch; GGUF stores the reverse. */
  readonly shape: readonly number[];
  /** Positions in the file, in bytes. */
  readonly begin: number;
  readonly end: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** Position of the first byte after the metadata. */
  readonly metadataEnd: number;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** "GGUF" as a little-endian u32. */
const MAGIC = 0x46554747;
/** Version 1 had 32-bit counts and was replaced within weeks; 3 added big-endian files, which nobody publishes. */
const VERSIONS = [2, 3];
/** Size of the first read, enough for most headers. For longer ones it is repeated with GROWTH times the size. */
const FIRST_BYTES = 4 * 1024 * 1024;
const GROWTH = 4;
/** Largest header that is read; those of the largest vocabularies have 20 MB. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Tensors, and keys: the largest models have some 60,000 tensors. */
const MOST_ENTRIES = 500_000;
const MAX_DIMS = 4;
const DEFAULT_ALIGNMENT = 32;
/** Smallest size of a metadata entry (key length, type, one byte) and of a tensor entry (name length, dimensions, type, offset). */
const ENTRY_BYTES = 13;
const TENSOR_BYTES = 24;

/**
 * Reads and checks the header. Throws EngineError("format") naming file, field and number for a malformed or inconsistent file (magic,
 * version, counts, lengths, duplicate names, shapes, tensors that overlap, leave gaps or exceed the file), "unsupported" for other
 * tensor types, with the supported ones. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  for (let length = FIRST_BYTES; ; length *= GROWTH) {
    if (length >= GROWTH * MOST_BYTES) {
      const [field, expected] = ["header", `an end within the first ${MOST_BYTES} bytes`];
      throw readError({ file: source.name, field, expected, got: "more", advice: WRITE_AGAIN });
    }
    const bytes = await source.read(0, Math.min(length, MOST_BYTES, source.size));
    try {
      return parseHeader(new HeaderCursor(source.name, bytes, source.size), source);
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
    }
  }
}

function parseHeader(cursor: HeaderCursor, { size }: Pick<ByteSource, "size">): GgufHeader {
  const magic = cursor.u32("magic");
  if (magic !== MAGIC) {
    const advice =
      "This is not a GGUF file: choose another one. A clone without Git LFS has a pointer instead: run git lfs pull.";
    throw cursor.fault("magic", '"GGUF" (0x46554747)', `0x${magic.toString(16)}`, advice);
  }
  const version = cursor.u32("version");
  if (!VERSIONS.includes(version)) {
    const got = version % 65536 === 0 ? `${version} (a big-endian file)` : String(version);
    throw cursor.fault("version", VERSIONS.join(" or "), got, "Convert the model with a current llama.cpp.");
  }
  const tensorCount = cursor.count("tensor count", TENSOR_BYTES);
  const entryCount = cursor.count("metadata count", ENTRY_BYTES);
  for (const [field, count] of [
    ["tensor count", tensorCount],
    ["metadata count", entryCount],
  ] as const)
    if (count > MOST_ENTRIES) throw cursor.fault(field, `at most ${MOST_ENTRIES}`, String(count));
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.text(`metadata key ${i}`);
    if (metadata.has(key)) throw cursor.fault(key, "each key once", "it twice");
    metadata.set(key, cursor.value(cursor.u32(`${key}: type`), key));
  }
  const metadataEnd = cursor.at;
  const parsed = Array.from({ length: tensorCount }, (_, i) => parseTensor(cursor, i));
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== "number" || !(alignment >= 8) || alignment % 8 !== 0) {
    throw cursor.fault("general.alignment", "a multiple of 8", showValue(alignment));
  }
  const dataStart = padded(cursor.at, alignment);
  const tensors = parsed
    .map((tensor) => ({ ...tensor, begin: tensor.begin + dataStart, end: tensor.end + dataStart }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(cursor, tensors, { dataStart, alignment, size });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const twice = tensors.find((tensor) => byName.get(tensor.name) !== tensor);
  if (twice) throw cursor.fault(`tensor '${twice.name}'`, "each name once", "it twice");
  return { metadata, metadataEnd, tensors: byName };
}

const padded = (bytes: number, alignment: number): number => Math.ceil(bytes / alignment) * alignment;

/** One entry of the tensor list; `begin` and `end` are still relative to the data. */
function parseTensor(cursor: HeaderCursor, i: number): GgufTensor {
  const name = cursor.text(`name of tensor ${i}`);
  const field = (key: string): string => `tensor '${name}': ${key}`;
  const dims = cursor.u32(field("dimensions"));
  if (dims < 1 || dims > MAX_DIMS) throw cursor.fault(field("dimensions"), `1 to ${MAX_DIMS}`, String(dims));
  const shape = Array.from({ length: dims }, () => cursor.u64(field("shape"))).reverse();
  const number = cursor.u32(field("type"));
  const type = blockType(number);
  if (!type) {
    throw readError({
      file: cursor.file,
      field: field("type"),
      expected: `one of ${QUANT_TYPES.join(", ")}`,
      got: typeName(number),
      advice: "Choose a file with one of these types.",
      code: "unsupported",
      detail: { name, type: number },
    });
  }
  const begin = cursor.u64(field("offset"));
  const columns = shape.at(-1) ?? 0;
  if (columns % type.values !== 0) {
    throw cursor.fault(field("shape"), `rows of whole ${type.name} blocks of ${type.values}`, String(columns));
  }
  const bytes = (elementCount(shape) / type.values) * type.bytes;
  if (!Number.isSafeInteger(bytes) || bytes === 0) {
    throw cursor.fault(field("shape"), "a number of values above zero that fits in a file", `[${shape.join(", ")}]`);
  }
  return { name, type, shape, begin, end: begin + bytes };
}

/** Sizes in bytes. */
interface FileLayout {
  /** Position of the first tensor in the file. */
  dataStart: number;
  alignment: number;
  /** Size of the file. */
  size: number;
}

/** Checks that only padding to the alignment separates the tensors, and that the file ends with the last one. */
function checkLayout(
  cursor: HeaderCursor,
  tensors: readonly GgufTensor[],
  { dataStart, alignment, size }: FileLayout,
): void {
  let at = dataStart;
  let previous = "the header";
  for (const { name, type, shape, begin, end } of tensors) {
    const field = `tensor '${name}': offset`;
    if (begin !== at) {
      const fault = begin < at ? `an overlap of ${at - begin}` : `a gap of ${begin - at}`;
      const got = `${begin - dataStart} (${fault} bytes)`;
      throw cursor.fault(field, `${at - dataStart}, where ${previous} ends`, got);
    }
    if (end > size) {
      const expected = `${type.name} [${shape.join(", ")}] to end within the ${size} bytes of the file`;
      throw cursor.fault(field, expected, `an end at ${end}`, FETCH_AGAIN);
    }
    at = padded(end, alignment);
    previous = `'${name}'`;
  }
  if (size > Math.max(at, dataStart)) {
    throw cursor.fault("size", `${at} bytes, where the last tensor ends`, String(size), FETCH_AGAIN);
  }
}
