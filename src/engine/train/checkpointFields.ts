// Checks what every checkpoint has: its checksum, the number of steps done, and AdamW's parameters and moments.
import { readError } from "../formats/files/readError.ts";
import type { JsonField } from "../json/jsonFields.ts";
import { sha256 } from "../model/open.ts";

/** What a checkpoint stores: texts, and tensors in the order of the file. */
interface Contents {
  metadata: Readonly<Record<string, string>>;
  tensors: readonly (Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[];
}

const CHECKSUM = "sha256";

/** The metadata with the SHA-256 of everything that the checkpoint stores. */
export async function withChecksum(contents: Contents): Promise<Record<string, string>> {
  return { ...contents.metadata, [CHECKSUM]: await checksumOf(contents) };
}

/**
 * Throws "format" where the contents are not those of the checksum, or have metadata outside `known`, so that a damaged name of a field is
 * found too. Checkpoints of older versions have no checksum.
 */
export async function checkUndamaged(
  { metadata, tensors }: Contents,
  known: readonly string[],
  advice: string,
): Promise<void> {
  const { [CHECKSUM]: expected, ...rest } = metadata;
  const other = Object.keys(rest).find((name) => !known.includes(name));
  const all = [...known, CHECKSUM].join(", ");
  if (other !== undefined)
    throw readError({ file: "checkpoint", field: "metadata", expected: `one of ${all}`, got: other, advice });
  if (expected === undefined) return;
  const got = await checksumOf({ metadata: rest, tensors });
  if (got !== expected) throw readError({ file: "checkpoint", field: CHECKSUM, expected, got, advice });
}

/** SHA-256 in hex over the metadata, ordered by name, and the SHA-256 of each tensor. */
async function checksumOf({ metadata, tensors }: Contents): Promise<string> {
  const fields = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = tensors.map((values) => sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
  return sha256(new TextEncoder().encode(JSON.stringify([fields, await Promise.all(parts)])));
}

/** Steps done, written as decimal digits or as a number: a whole number from 0 to `most`. Throws "format". */
export function readStep(field: JsonField, most: number): number {
  const { value } = field;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= most
    ? number
    : field.refuse(`a whole number from 0 to ${most}, the steps of the recipe`);
}

interface Trained {
  theta: Float32Array<ArrayBuffer>;
  m: Float32Array<ArrayBuffer>;
  /** Mean squares, so at least 0. */
  v: Float32Array<ArrayBuffer>;
  /** The best parameters so far. */
  best?: Float32Array<ArrayBuffer>;
}

/** Throws "format" unless all arrays have the same length and finite values, and `v` no negative ones. */
export function checkTrained({ v, ...rest }: Trained, advice: string): void {
  const refuse = (field: string, expected: string, got: string) =>
    readError({ file: "checkpoint", field, expected, got, advice });
  const all = Object.entries({ ...rest, v });
  for (const [name, values] of all) {
    if (values.length !== rest.theta.length)
      throw refuse(name, `${rest.theta.length} values, as of theta`, String(values.length));
    const at = values.findIndex((value) => !Number.isFinite(value) || (name === "v" && value < 0));
    if (at < 0) continue;
    const expected = name === "v" ? "finite values of at least 0" : "finite values";
    throw refuse(name, expected, `${values[at]} at position ${at}`);
  }
}
