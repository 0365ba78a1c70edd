// Writes safetensors as a stream: the header from names, dtypes and shapes alone, then the tensors one chunk after the other.
import { EngineError, invariant } from "../../errors.ts";
import { type Dtype, dtypeBytes, elementCount } from "../../dtype.ts";
import { HEADER_ALIGN, LENGTH_BYTES, MAX_HEADER_BYTES, METADATA_KEY, type TensorInfo } from "./safetensorsHeader.ts";

export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A tensor that is made while it is written; `chunks` is called once, when its turn comes. */
export interface TensorStream extends TensorSpec {
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
}

export interface SafetensorsLayout {
  /** Everything in front of the first tensor: length and padded JSON. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** In the order of the file, with positions in it. */
  readonly tensors: readonly TensorInfo[];
  /** Size of the whole file. */
  readonly sizeBytes: number;
}

/** By code units, so that the order does not depend on a locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bytesOf({ name, dtype, shape }: TensorSpec): number {
  const bytes = elementCount(shape) * dtypeBytes(dtype);
  const whole = shape.every((n) => Number.isSafeInteger(n) && n >= 0) && Number.isSafeInteger(bytes);
  invariant(whole, "shape", `tensor '${name}' cannot have the shape [${shape.join(", ")}]`);
  return bytes;
}

/**
 * Where everything goes in the file. The bytes depend on names, dtypes, shapes and metadata only, not on their order: widest dtype first
 * (so that every tensor starts at a multiple of its element size without holes), then by name.
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
    invariant(name !== METADATA_KEY && !entries.has(name), "shape", `two tensors cannot have the name '${name}'`);
    const end = at + bytesOf(spec);
    entries.set(name, { dtype, shape, data_offsets: [at, end] });
    at = end;
  }
  // Joined by hand: an object would move names that look like integers to the front, and lose "__proto__".
  const json = `{${[...entries].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const bytes = new TextEncoder().encode(json);
  const padded = Math.ceil(bytes.length / HEADER_ALIGN) * HEADER_ALIGN;
  invariant(
    padded <= MAX_HEADER_BYTES,
    "limit",
    `the header takes ${padded} bytes; safetensors allows ${MAX_HEADER_BYTES}`,
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
 * The file as a stream of chunks, as they come from the tensors. Throws "shape" as soon as a tensor yields more bytes than its
 * shape takes, or when it ends with fewer: what was written until then is not a valid file and has to be dropped.
 */
export async function* writeSafetensors(
  streams: readonly TensorStream[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const layout = safetensorsLayout(streams, metadata);
  const byName = new Map(streams.map((stream) => [stream.name, stream]));
  yield layout.header;
  for (const { name, dtype, shape, begin, end } of layout.tensors) {
    const wanted = end - begin;
    let came = 0;
    for await (const chunk of byName.get(name)?.chunks() ?? []) {
      came += chunk.byteLength;
      if (came > wanted) break;
      yield chunk;
    }
    if (came !== wanted) {
      const takes = `${dtype} [${shape.join(", ")}] takes ${wanted} bytes`;
      throw new EngineError("shape", `tensor '${name}': ${takes}, but ${came > wanted ? "at least " : ""}${came} came`);
    }
  }
}
