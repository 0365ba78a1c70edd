// Writes GGUF as a stream: the header from metadata, names, types and shapes alone, then the tensors chunk by chunk.
import { EngineError, invariant } from "../../../errors.ts";
import { elementCount } from "../../../dtype.ts";
import type { OutputFile } from "../../files/outputFile.ts";
import { type QuantType, typeNumber } from "../types.ts";
import { bytesOfValues, fillsBlocks } from "./quantize.ts";

/** The name of the file in its folder. */
export const GGUF_FILE = "model.gguf";

/** The value types that an export writes, with their numbers in the format. */
const VALUE_TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8 } as const;
const LIST = 9;

type Scalar = number | boolean | string;

/** An entry of the metadata; an array is written as a list of `type`. */
export interface MetadataEntry {
  readonly key: string;
  readonly type: keyof typeof VALUE_TYPES;
  readonly value: Scalar | readonly Scalar[];
}

/** A tensor that is produced while it is written; `chunks` is called for every stream of the file, when the tensor is next. */
export interface GgufTensorStream {
  readonly name: string;
  readonly type: QuantType;
  /** Outermost dimension first. */
  readonly shape: readonly number[];
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
}

/** "GGUF" as a little-endian u32. */
const MAGIC = 0x46554747;
const VERSION = 3;
/** Tensors begin at multiples of this, the format's default, so the metadata need not state it. */
const ALIGNMENT = 32;
/** llama.cpp refuses longer names. */
const MAX_NAME = 63;

/** Bytes of a tensor. Throws "shape" where its rows are not whole blocks. */
export function tensorBytes({ name, type, shape }: Pick<GgufTensorStream, "name" | "type" | "shape">): number {
  const columns = shape.at(-1) ?? 0;
  invariant(
    fillsBlocks(type, columns) && elementCount(shape) > 0,
    "shape",
    `tensor '${name}': expected rows of whole ${type} blocks, got shape [${shape.join(", ")}]`,
  );
  return bytesOfValues(type, elementCount(shape));
}

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * The file `name` with metadata and tensors in the given order. Equal contents give equal bytes. Throws "shape" for a name that occurs twice
 * or is too long for llama.cpp and for rows that are not whole blocks; the stream throws "shape" as soon as a tensor yields more bytes than
 * its shape needs, or when it ends with fewer. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function ggufOutputFile(
  name: string,
  entries: readonly MetadataEntry[],
  tensors: readonly GgufTensorStream[],
): OutputFile {
  const header = headerOf(entries, tensors);
  const sizeBytes = tensors.reduce((sum, tensor) => sum + padded(tensorBytes(tensor)), header.length);
  return {
    name,
    sizeBytes,
    async *stream() {
      yield header;
      for (const tensor of tensors) {
        const needed = tensorBytes(tensor);
        yield* exactly(tensor, needed);
        if (padded(needed) > needed) yield new Uint8Array(padded(needed) - needed);
      }
    },
  };
}

async function* exactly(tensor: GgufTensorStream, needed: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let written = 0;
  for await (const chunk of tensor.chunks()) {
    written += chunk.length;
    if (written > needed) break;
    yield chunk;
  }
  if (written === needed) return;
  const got = `${written > needed ? "at least " : ""}${written}`;
  throw new EngineError("shape", `tensor '${tensor.name}': expected ${needed} bytes, got ${got}`);
}

/**
 * A header with the same metadata and other types of tensors. metadata: the source's first bytes, up to the tensors. alignment: as the
 * metadata state it.
 */
export function changedHeader(
  metadata: Uint8Array,
  tensors: readonly Pick<GgufTensorStream, "name" | "type" | "shape">[],
  stated: unknown,
): { bytes: Uint8Array<ArrayBuffer>; alignment: number } {
  const alignment = typeof stated === "number" ? stated : ALIGNMENT;
  const bytes = new ByteList();
  bytes.raw(metadata);
  writeTensorInfos(bytes, tensors, alignment);
  return { bytes: bytes.padded(alignment), alignment };
}

/** Everything before the first tensor, padded. */
function headerOf(entries: readonly MetadataEntry[], tensors: readonly GgufTensorStream[]): Uint8Array<ArrayBuffer> {
  const names = [...entries.map(({ key }) => key), ...tensors.map((tensor) => tensor.name)];
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  invariant(twice === undefined, "shape", `GGUF: expected each name once, got '${twice ?? ""}' twice`);
  const long = tensors.find((tensor) => tensor.name.length > MAX_NAME);
  invariant(long === undefined, "shape", `tensor '${long?.name ?? ""}': expected at most ${MAX_NAME} characters`);
  const bytes = new ByteList();
  bytes.u32(MAGIC);
  bytes.u32(VERSION);
  bytes.u64(tensors.length);
  bytes.u64(entries.length);
  for (const { key, type, value } of entries) {
    bytes.text(key);
    if (typeof value === "object") {
      bytes.u32(LIST);
      bytes.u32(VALUE_TYPES[type]);
      bytes.u64(value.length);
      for (const one of value) bytes.scalar(type, one);
    } else {
      bytes.u32(VALUE_TYPES[type]);
      bytes.scalar(type, value);
    }
  }
  writeTensorInfos(bytes, tensors, ALIGNMENT);
  return bytes.padded(ALIGNMENT);
}

function writeTensorInfos(
  bytes: ByteList,
  tensors: readonly Pick<GgufTensorStream, "name" | "type" | "shape">[],
  alignment: number,
): void {
  let offset = 0;
  for (const tensor of tensors) {
    const { name, type, shape } = tensor;
    bytes.text(name);
    bytes.u32(shape.length);
    for (const size of [...shape].reverse()) bytes.u64(size);
    bytes.u32(typeNumber(type));
    bytes.u64(offset);
    offset += Math.ceil(tensorBytes(tensor) / alignment) * alignment;
  }
}

/** Little-endian bytes, appended one value after the other. */
class ByteList {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  private readonly encoder = new TextEncoder();

  /** Position of `count` new bytes. */
  private grown(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }

  u32(value: number): void {
    const at = this.grown(4);
    this.view.setUint32(at, value, true);
  }

  u64(value: number): void {
    const at = this.grown(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.grown(bytes.length);
    this.bytes.set(bytes, at);
  }

  text(value: string): void {
    const bytes = this.encoder.encode(value);
    this.u64(bytes.length);
    this.raw(bytes);
  }

  scalar(type: MetadataEntry["type"], value: Scalar): void {
    if (type === "string") this.text(String(value));
    else if (type === "bool") this.bytes[this.grown(1)] = value === true ? 1 : 0;
    else if (type === "f32") {
      const at = this.grown(4);
      this.view.setFloat32(at, Number(value), true);
    } else {
      const at = this.grown(4);
      this.view.setInt32(at, Number(value), true);
    }
  }

  /** A copy of the bytes, with zeros up to a multiple of `alignment`. */
  padded(alignment: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(Math.ceil(this.length / alignment) * alignment);
    out.set(this.bytes.subarray(0, this.length));
    return out;
  }
}
