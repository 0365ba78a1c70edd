// Blocks of quantised weights in the order in which kernels read them: the bytes of the file, moved so that all reads are of whole u32s.
import { type BlockDtype } from "../../dtype.ts";
import { EngineError } from "../../errors.ts";
import { blockTypeNamed } from "./types.ts";

/**
 * Where a block has its half d, for the types whose blocks are not whole u32s: two blocks then become one unit, both d and then the rest of
 * each. The other types are read as they are in the file.
 */
const SCALE_AT: Partial<Record<BlockDtype, number>> = { Q8_0: 0, Q4_0: 0, Q5_0: 0, Q6_K: 208 };
const HALF_BYTES = 2;
const WORD_BYTES = 4;
/** Halves at the beginning of each block of the other types: d and a minimum. */
const HALVES = 2;
/** The exponent of infinity and NaN. */
const NOT_FINITE = 0x7c00;

/**
 * Rearranges the blocks of a file for shaders/lib/weights_q*.wgsl. Only padding to whole u32s adds bytes. Throws "not-finite", naming
 * `tensor`, for an infinite or NaN scale, because kernels decode every scale as a finite number.
 */
export function gpuBlocks(type: BlockDtype, stored: Uint8Array, tensor: string): Uint8Array<ArrayBuffer> {
  const { bytes: size } = blockTypeNamed(type);
  const blocks = stored.length / size;
  const scaleAt = SCALE_AT[type];
  const out = new Uint8Array(Math.ceil(stored.length / WORD_BYTES) * WORD_BYTES);
  if (scaleAt === undefined) out.set(stored);
  for (let b = 0; b < blocks; b++) {
    const at = b * size;
    if (scaleAt === undefined) {
      for (let i = 0; i < HALVES; i++) checkScale(stored, at + HALF_BYTES * i, type, tensor);
      continue;
    }
    checkScale(stored, at + scaleAt, type, tensor);
    const [unit, side] = [(b >> 1) * 2 * size, b & 1];
    const rest = unit + WORD_BYTES + side * (size - HALF_BYTES);
    out[unit + HALF_BYTES * side] = stored[at + scaleAt]!;
    out[unit + HALF_BYTES * side + 1] = stored[at + scaleAt + 1]!;
    const from = scaleAt === 0 ? at + HALF_BYTES : at;
    out.set(stored.subarray(from, from + size - HALF_BYTES), rest);
  }
  return out;
}

function checkScale(bytes: Uint8Array, at: number, ...[type, tensor]: [type: BlockDtype, tensor: string]): void {
  if (((bytes[at + 1]! << 8) & NOT_FINITE) !== NOT_FINITE) return;
  throw new EngineError(
    "not-finite",
    `tensor '${tensor}': expected finite scales of ${type} blocks, got one that is infinite or not a number. Fetch the file again.`,
    { tensor },
  );
}
