// Sets single values of GGUF rows to zero without changing any other value, in the types that can store a zero in every block.
import type { QuantType } from "../types.ts";

/** Values of a row that become zero. */
type Pruned = (column: number) => boolean;

/** Zeroes values of the row that begins at `at`. */
type ZeroRow = (row: { bytes: Uint8Array; at: number; columns: number }, pruned: Pruned) => void;

const BLOCK = 32;
const HALF = BLOCK / 2;
const LARGE = 256;

/** Values of a fixed size. */
const plain =
  (size: number): ZeroRow =>
  ({ bytes, at, columns }, pruned) => {
    for (let i = 0; i < columns; i++) if (pruned(i)) bytes.fill(0, at + size * i, at + size * (i + 1));
  };

const q8_0: ZeroRow = ({ bytes, at, columns }, pruned) => {
  for (let i = 0; i < columns; i++) if (pruned(i)) bytes[at + 34 * Math.floor(i / BLOCK) + 2 + (i % BLOCK)] = 0;
};

/** Replaces the low or high four bits of a byte. */
function setNibble(bytes: Uint8Array, at: number, high: boolean, code: number): void {
  bytes[at] = high ? (bytes[at]! & 15) | (code << 4) : (bytes[at]! & 240) | code;
}

/** d | (32 fifth bits) | 16 bytes; the code of zero is half of the largest one plus one. */
const small =
  (bits: 4 | 5): ZeroRow =>
  ({ bytes, at, columns }, pruned) => {
    const fifth = bits === 5 ? 4 : 0;
    for (let i = 0; i < columns; i++) {
      if (!pruned(i)) continue;
      const [block, k] = [at + (2 + fifth + HALF) * Math.floor(i / BLOCK), i % BLOCK];
      setNibble(bytes, block + 2 + fifth + (k % HALF), k >= HALF, bits === 5 ? 0 : 8);
      if (bits === 5) bytes[block + 2 + (k >> 3)]! |= 1 << (k & 7);
    }
  };

/** The layout is described at q6_K of dequantize.ts; the code of zero is 32: four low bits of 0 and two upper ones of 2. */
const q6_K: ZeroRow = ({ bytes, at, columns }, pruned) => {
  for (let i = 0; i < columns; i++) {
    if (!pruned(i)) continue;
    const [block, inBlock] = [at + 210 * Math.floor(i / LARGE), i % LARGE];
    const [part, k] = [inBlock >> 5, inBlock & 31];
    const [side, quarter] = [part >> 2, part & 3];
    setNibble(bytes, block + side * 64 + (quarter & 1) * BLOCK + k, quarter >= 2, 0);
    const high = block + 128 + side * BLOCK + k;
    bytes[high] = (bytes[high]! & ~(3 << (2 * quarter))) | (2 << (2 * quarter));
  }
};

/** By type. Types with a minimum per block are missing: among their values, d q + m, zero occurs only by chance. */
export const ZERO_CODES: Partial<Record<QuantType, ZeroRow>> = {
  F32: plain(4),
  F16: plain(2),
  BF16: plain(2),
  Q8_0: q8_0,
  Q4_0: small(4),
  Q5_0: small(5),
  Q6_K: q6_K,
};
