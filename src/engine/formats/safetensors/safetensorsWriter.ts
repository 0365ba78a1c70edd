// Writes safetensors as a stream: the header from names, dtypes and shapes alone, then the tensors chunk by chunk.
import { EngineError, invariant } from "../../errors.ts";
import { type Dtype, dtypeBytes, elementCount } from "../../dtype.ts";
import { HEADER_ALIGN, LENGTH_BYTES, MAX_HEADER_BYTES, METADATA_KEY, type TensorInfo } from "./safetensorsHeader.ts";

export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A tensor that is produced while it is written; `chunks` is called once, when it is next in the file. */
export interface TensorStream extends TensorSpec {
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
}

export interface SafetensorsLayout {
  /** Everything before the first tensor: length and padded JSON. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** In the order of the file, with positions in it. */
  readonly tensors: readonly TensorInfo[];
  /** Size of the complete file. */
  readonly sizeBytes: number;
}

/** Compares by code units, so that the order does not depend on a locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bytesOf({ name, dtype, shape }: TensorSpec): number {
  const bytes = elementCount(shape) * dtypeBytes(dtype);
  const valid = shape.every((n) => Number.isSafeInteger(n) && n >= 0) && Number.isSafeInteger(bytes);
  invariant(valid, "shape", `tensor '${name}': shape: expected non-negative integers, got [${shape.join(", ")}]`);
  return bytes;
}

/**
 * The header, and the position of every tensor. Depends on names, dtypes, shapes and metadata, not on the order of `specs`: widest
 * dtype first (so that every tensor is aligned to its element size without gaps), then by name.
 * Throws "shape" for a duplicate name or an impossible shape, "limit" for a header beyond the format's 100 MB.
 */
export function safetensorsLayout(
  specs: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const ordered = [...specs].sort((a, b) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype) || compare(a.name, b.name));
  const entries = new Map<string, unknown>();
  const notes = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  if (notes.length > 0) entries.set(METADATA_KEY, Object.fromEntries(notes));
  let at = 0;
  for (const spec of ordered) {
    const { name, dtype, shape } = spec;
    invariant(
      name !== METADATA_KEY && !entries.has(name),
      "shape",
      `safetensors: expected each name once, got '${name}' twice`,
    );
    const end = at + bytesOf(spec);
    entries.set(name, { dtype, shape, data_offsets: [at, end] });
    at = end;
  }
  // Joined here because an object would move names that look like integers to the front, and lose "__proto__".
  const json = `{${[...entries].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const bytes = new TextEncoder().encode(json);
  const padded = Math.ceil(bytes.length / HEADER_ALIGN) * HEADER_ALIGN;
  invariant(
    padded <= MAX_HEADER_BYTES,
    "limit",
    `safetensors: header: expected at most ${MAX_HEADER_BYTES} bytes, got ${padded}; write the tensors into several files`,
  );
  const header = new Uint8Array(LENGTH_BYTES + padded).fill(" ".charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(bytes, LENGTH_BYTES);
  let begin = header.length;
  const tensors = ordered.map((spec): TensorInfo => {
    const info = { name: spec.name, dtype: spec.dtype, shape: spec.shape, begin, end: begin + bytesOf(spec) };
    begin = info.end;
    return info;
  });
  return { header, tensors, sizeBytes: begin };
}

/**
 * The file as a stream of the tensors' chunks. Throws "shape" as soon as a tensor yields more bytes than its shape needs, or when
 * it ends with fewer: what was written up to then is not a valid file, so discard it.
 */
export async function* writeSafetensors(
  streams: readonly TensorStream[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const layout = safetensorsLayout(streams, metadata);
  const byName = new Map(streams.map((stream) => [stream.name, stream]));
  yield layout.header;
  for (const { name, dtype, shape, begin, end } of layout.tensors) {
    const needed = end - begin;
    let written = 0;
    for await (const chunk of byName.get(name)?.chunks() ?? []) {
      written += chunk.byteLength;
      if (written > needed) break;
      yield chunk;
    }
    if (written !== needed) {
      const expected = `${needed} bytes for ${dtype} [${shape.join(", ")}]`;
      const got = `${written > needed ? "at least " : ""}${written}`;
      throw new EngineError("shape", `tensor '${name}': expected ${expected}, got ${got}`);
    }
  }
}
