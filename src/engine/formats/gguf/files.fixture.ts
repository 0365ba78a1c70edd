// Builds GGUF files for tests, byte by byte.

const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
const u64 = (value: number): number[] => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];

/** Bytes of a little-endian u32. */
export const number32 = u32;

/** Bytes of an f32. */
export const float32 = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

/** A string, preceded by its length. */
export function text(content: string | Uint8Array): number[] {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return [...u64(bytes.length), ...bytes];
}

/** A list of values of a type of the format; `stated` writes a wrong length. */
export function list(type: number, values: readonly (readonly number[])[], stated = values.length): number[] {
  return [...u32(type), ...u64(stated), ...values.flat()];
}

/** An entry of the metadata. */
export function entry(key: string, type: number, value: readonly number[]): number[] {
  return [...text(key), ...u32(type), ...value];
}

/** An entry of the tensor list; `shape` has the outermost dimension first. */
export function tensorInfo(name: string, shape: readonly number[], type: number, offset: number): number[] {
  return [...text(name), ...u32(shape.length), ...[...shape].reverse().flatMap(u64), ...u32(type), ...u64(offset)];
}

interface GgufParts {
  version?: number;
  entries?: readonly (readonly number[])[];
  tensors?: readonly (readonly number[])[];
  /** Wrong counts, for tests of refusals. */
  entryCount?: number;
  tensorCount?: number;
  /** Bytes after the header, or their number; the header is padded to 32 where there are any. */
  data?: Uint8Array;
  dataBytes?: number;
}

/** The file with these parts. */
export function ggufFile(parts: GgufParts): Uint8Array<ArrayBuffer> {
  const { version = 3, entries = [], tensors = [], data = new Uint8Array(parts.dataBytes ?? 0) } = parts;
  const head = [
    u32(0x46554747),
    u32(version),
    u64(parts.tensorCount ?? tensors.length),
    u64(parts.entryCount ?? entries.length),
  ];
  const chunks = [...head, ...entries, ...tensors];
  const headerBytes = chunks.reduce((sum, { length }) => sum + length, 0);
  const start = data.length > 0 ? Math.ceil(headerBytes / 32) * 32 : headerBytes;
  const bytes = new Uint8Array(start + data.length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  bytes.set(data, start);
  return bytes;
}
