// Converts blocks of GGUF's element types to float32 with the formulas of ggml-quants.c. Products are exact; each result is rounded once.
import { halfValues } from "../../dtype.ts";
import { blockTypeNamed, type QuantType } from "./types.ts";

/** Blocks to convert, and where their values go. */
interface BlockRange {
  bytes: Uint8Array;
  /** Position of the first block in `bytes`. */
  at: number;
  /** Number of blocks; for F32, F16 and BF16 number of values. */
  blocks: number;
  out: Float32Array;
  /** Position of the first value in `out`. */
  to: number;
}

type Dequantize = (range: BlockRange) => void;

/** Values per block of the types with one scale. HALF of them are in the low four bits of the bytes, the others in the high four. */
const SMALL = 32;
const HALF = 16;
/** Values per K-quant block. */
const LARGE = 256;

const half = (bytes: Uint8Array, at: number): number => halfValues()[bytes[at]! | (bytes[at + 1]! << 8)]!;
const signed = (byte: number): number => (byte << 24) >> 24;

function f32({ bytes, at, blocks: count, out, to }: BlockRange): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 4 * count);
  for (let i = 0; i < count; i++) out[to + i] = view.getFloat32(4 * i, true);
}

function f16({ bytes, at, blocks: count, out, to }: BlockRange): void {
  const values = halfValues();
  for (let i = 0; i < count; i++) out[to + i] = values[bytes[at + 2 * i]! | (bytes[at + 2 * i + 1]! << 8)]!;
}

function bf16({ bytes, at, blocks: count, out, to }: BlockRange): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < count; i++) bits[to + i] = (bytes[at + 2 * i]! << 16) | (bytes[at + 2 * i + 1]! << 24);
}

/** d | 32 signed bytes. */
function q8_0({ bytes, at, blocks, out, to }: BlockRange): void {
  for (let b = 0; b < blocks; b++, at += 34, to += SMALL) {
    const d = half(bytes, at);
    for (let i = 0; i < SMALL; i++) out[to + i] = d * signed(bytes[at + 2 + i]!);
  }
}

/**
 * The types of 4 and 5 bits with one scale: d | (m) | (32 fifth bits) | 16 bytes, whose low four bits are the first 16 values. With a
 * minimum m the values are d q + m, without one d (q - 2^(bits - 1)).
 */
function small(bits: 4 | 5, withMinimum: boolean): Dequantize {
  const scales = withMinimum ? 4 : 2;
  const fifth = bits === 5 ? 4 : 0;
  const size = scales + fifth + HALF;
  const zero = withMinimum ? 0 : 1 << (bits - 1);
  return ({ bytes, at, blocks, out, to }) => {
    for (let b = 0; b < blocks; b++, at += size, to += SMALL) {
      const d = half(bytes, at);
      const m = withMinimum ? half(bytes, at + 2) : -0; // adding -0 keeps a -0
      const high = fifth === 0 ? 0 : word(bytes, at + scales);
      for (let i = 0; i < HALF; i++) {
        const byte = bytes[at + scales + fifth + i]!;
        const low = (byte & 15) | (((high >>> i) & 1) << 4);
        const upper = (byte >> 4) | (((high >>> (i + HALF)) & 1) << 4);
        out[to + i] = d * (low - zero) + m;
        out[to + i + HALF] = d * (upper - zero) + m;
      }
    }
  };
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Scale of sub-block j of a Q4_K or Q5_K block, or its minimum where `min`. Six bits each, packed into twelve bytes. */
function sixBits(bytes: Uint8Array, at: number, j: number, min: boolean): number {
  const shift = min ? 4 : 0;
  if (j < 4) return bytes[at + j + shift]! & 63;
  return ((bytes[at + j + 4]! >> shift) & 15) | ((bytes[at + j - 4 + shift]! >> 6) << 4);
}

/** d | dmin | 12 bytes of scales | (32 bytes of fifth bits) | 128 bytes; sub-blocks of 32: d scale q - dmin min. */
function large(bits: 4 | 5): Dequantize {
  const fifth = bits === 5 ? 32 : 0;
  const header = 16;
  const size = header + fifth + LARGE / 2;
  return ({ bytes, at, blocks, out, to }) => {
    for (let b = 0; b < blocks; b++, at += size) {
      const d = half(bytes, at);
      const dmin = half(bytes, at + 2);
      for (let j = 0; j < LARGE / SMALL; j++, to += SMALL) {
        const scale = d * sixBits(bytes, at + 4, j, false);
        const min = dmin * sixBits(bytes, at + 4, j, true);
        const from = at + header + fifth + (j >> 1) * SMALL;
        const shift = (j & 1) * 4;
        for (let i = 0; i < SMALL; i++) {
          const high = fifth === 0 ? 0 : ((bytes[at + header + i]! >> j) & 1) << 4;
          out[to + i] = scale * (((bytes[from + i]! >> shift) & 15) | high) - min;
        }
      }
    }
  };
}

/** 128 bytes with the low four bits | 64 bytes with the upper two | 16 signed scales | d; sub-blocks of 16: d scale (q - 32). */
function q6_K({ bytes, at, blocks, out, to }: BlockRange): void {
  for (let b = 0; b < blocks; b++, at += 210) {
    const d = half(bytes, at + 208);
    for (let part = 0; part < LARGE / SMALL; part++, to += SMALL) {
      // Parts 0 to 3 use the first halves of the arrays, 4 to 7 the second. In each half, parts 0 and 2 share bytes, and 1 and 3.
      const [side, k] = [part >> 2, part & 3];
      const low = at + side * 64 + (k & 1) * SMALL;
      const high = at + 128 + side * SMALL;
      for (let i = 0; i < SMALL; i++) {
        const scale = d * signed(bytes[at + 192 + part * 2 + (i >> 4)]!);
        const q = ((bytes[low + i]! >> (4 * (k >> 1))) & 15) | (((bytes[high + i]! >> (2 * k)) & 3) << 4);
        out[to + i] = scale * (q - 32);
      }
    }
  }
}

/** The conversion of each type. */
export const DEQUANTIZE: Readonly<Record<QuantType, Dequantize>> = {
  F32: f32,
  F16: f16,
  BF16: bf16,
  Q8_0: q8_0,
  Q4_0: small(4, false),
  Q4_1: small(4, true),
  Q5_0: small(5, false),
  Q5_1: small(5, true),
  Q4_K: large(4),
  Q5_K: large(5),
  Q6_K: q6_K,
};

/** The values of whole blocks, `count` in all. */
export function dequantized(type: QuantType, bytes: Uint8Array, count: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  DEQUANTIZE[type]({ bytes, at: 0, blocks: count / blockTypeNamed(type).values, out: values, to: 0 });
  return values;
}
