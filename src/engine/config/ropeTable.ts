// The table of rotary position embedding, computed once in f64: at large positions f32 angles would lose digits.
import { invariant } from "../errors.ts";
import { ropeAttention, type RopeConfig, ropeFrequencies } from "./ropeFrequencies.ts";

/** What a table is for: its number of positions, and the length of the sequence in tokens (default: the same number). */
interface TableSize {
  rotaryDim: number;
  positions: number;
  length?: number;
}

/**
 * (positions, rotaryDim / 2, 2): cosine and sine of position times frequency, times the attention factor. rotaryDim is headDim, or less if
 * the family rotates only the first dimensions of a head.
 */
export function ropeTable(
  rope: RopeConfig,
  { rotaryDim, positions, length = positions }: TableSize,
): Float32Array<ArrayBuffer> {
  invariant(rotaryDim % 2 === 0, "config", `RoPE: expected an even number of dimensions, got ${rotaryDim}`);
  const frequencies = ropeFrequencies(rope, rotaryDim, length);
  const attention = ropeAttention(rope);
  const table = new Float32Array(positions * rotaryDim);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, i) => {
      const at = position * rotaryDim + 2 * i;
      table[at] = attention * Math.cos(position * frequency);
      table[at + 1] = attention * Math.sin(position * frequency);
    });
  }
  return table;
}
