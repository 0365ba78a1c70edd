// Converts float32 rows to GGUF's element types, bit for bit as the Python package gguf does (gguf/quants.py).
import { EngineError } from "../../../errors.ts";
import { fromFloat32 } from "../../../dtype.ts";
import { blockTypeNamed, type QuantType } from "../types.ts";

/** The types that an export writes. */
export const GGUF_TYPES = ["F32", "F16", "BF16", "Q8_0", "Q4_0"] as const;
export type GgufType = (typeof GGUF_TYPES)[number];

/** Values per block of Q8_0 and Q4_0. */
const BLOCK = 32;
const HALF = BLOCK / 2;
/** Values of at least this magnitude round to infinity. */
const OVERFLOW: Partial<Record<GgufType, number>> = { F16: 65520, BF16: 2 ** 127 * (2 - 2 ** -8) };

const round = Math.fround;

/** Bytes of `values` values, which fill whole blocks. */
export function bytesOfValues(type: QuantType, values: number): number {
  const { values: perBlock, bytes } = blockTypeNamed(type);
  return (values / perBlock) * bytes;
}

/** Whether rows of `columns` values consist of whole blocks. */
export const fillsBlocks = (type: QuantType, columns: number): boolean => columns % blockTypeNamed(type).values === 0;

/**
 * The bytes of `values`, which are whole rows of `tensor`. F16 and BF16 round to nearest, ties to even. Throws "not-finite" for a value that
 * is too large for the type, or for the half-precision scale of its block.
 */
export function quantize(type: GgufType, values: Float32Array, tensor: string): Uint8Array<ArrayBuffer> {
  const limit = OVERFLOW[type];
  if (limit !== undefined) refuseLarge(values, limit, type, tensor);
  switch (type) {
    case "F32":
    case "F16":
    case "BF16":
      return fromFloat32(values, type);
    case "Q8_0":
      return q8_0(values, tensor);
    case "Q4_0":
      return q4_0(values, tensor);
  }
}

function refuseLarge(values: Float32Array, limit: number, type: GgufType, tensor: string): void {
  const wrong = values.find((value) => !(Math.abs(value) < limit));
  if (wrong === undefined) return;
  throw new EngineError(
    "not-finite",
    `${tensor}: expected values that fit ${type}, got ${wrong}. Export as F32${type === "BF16" ? "" : " or BF16"} instead.`,
  );
}

/** d | 32 signed bytes; d = max |x| / 127, q = x / d rounded to nearest, halves away from zero. Every operation rounds to float32. */
function q8_0(values: Float32Array, tensor: string): Uint8Array<ArrayBuffer> {
  const blocks = values.length / BLOCK;
  const out = new Uint8Array(bytesOfValues("Q8_0", values.length));
  const scales = new Float32Array(blocks);
  for (let b = 0; b < blocks; b++) {
    let most = 0;
    for (let i = 0; i < BLOCK; i++) most = Math.max(most, Math.abs(values[b * BLOCK + i]!));
    const d = round(most / 127);
    const inverse = d === 0 ? 0 : round(1 / d);
    scales[b] = d;
    for (let i = 0; i < BLOCK; i++) {
      const x = round(values[b * BLOCK + i]! * inverse);
      const whole = Math.floor(Math.abs(x));
      const nearest = whole + Math.floor(2 * round(Math.abs(x) - whole));
      out[34 * b + 2 + i] = x < 0 ? -nearest : nearest;
    }
  }
  setScales(out, scales, 34, "Q8_0", tensor);
  return out;
}

/** d | 16 bytes, whose low four bits are the first 16 values; d = the value of largest magnitude / -8, q = floor(x / d + 8.5), at most 15. */
function q4_0(values: Float32Array, tensor: string): Uint8Array<ArrayBuffer> {
  const blocks = values.length / BLOCK;
  const out = new Uint8Array(bytesOfValues("Q4_0", values.length));
  const scales = new Float32Array(blocks);
  for (let b = 0; b < blocks; b++) {
    let largest = 0;
    for (let i = 0; i < BLOCK; i++) {
      const x = values[b * BLOCK + i]!;
      if (!(Math.abs(x) <= Math.abs(largest))) largest = x;
    }
    const d = round(largest / -8);
    const inverse = d === 0 ? 0 : round(1 / d);
    scales[b] = d;
    const code = (i: number): number => Math.min(15, Math.trunc(round(round(values[b * BLOCK + i]! * inverse) + 8.5)));
    for (let i = 0; i < HALF; i++) out[18 * b + 2 + i] = code(i) | (code(i + HALF) << 4);
  }
  setScales(out, scales, 18, "Q4_0", tensor);
  return out;
}

/** Writes the scale of every block as a half before its values. */
function setScales(
  out: Uint8Array,
  scales: Float32Array,
  blockBytes: number,
  ...[type, tensor]: [type: GgufType, tensor: string]
): void {
  refuseLarge(scales, OVERFLOW.F16!, type, tensor);
  const halves = fromFloat32(scales, "F16");
  for (let b = 0; b < scales.length; b++) out.set(halves.subarray(2 * b, 2 * b + 2), b * blockBytes);
}
