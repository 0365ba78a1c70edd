// The table of rotary position embedding, computed once in f64: at large positions f32 angles would lose digits.
import { invariant } from "../errors.ts";
import type { RopeConfig } from "./ropeConfig.ts";

/**
 * Angle per position of each rotated pair i = 0 .. rotaryDim / 2 - 1: theta^(-2 i / rotaryDim) (Su et al. 2021, section 3.2.2).
 * Llama-3 scaling, as transformers computes it: wavelengths over originalContext / lowFreqFactor are slowed down by `factor`, those under
 * originalContext / highFreqFactor do not change, and those in between are interpolated.
 */
export function ropeFrequencies({ theta, scaling }: RopeConfig, rotaryDim: number): Float64Array {
  return Float64Array.from({ length: rotaryDim / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / rotaryDim);
    if (!scaling) return frequency;
    const { factor, lowFreqFactor, highFreqFactor, originalContext } = scaling;
    const turns = (originalContext * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)));
    return frequency * (kept + (1 - kept) / factor);
  });
}

/** How many dimensions of a head are rotated, from the first on. */
export function rotaryWidth({ share = 1 }: RopeConfig, headDim: number): number {
  return Math.floor(headDim * share);
}

/**
 * (positions, rotaryDim / 2, 2): cosine and sine of position times frequency. rotaryDim is headDim, or less if the family rotates only the
 * first dimensions of a head.
 */
export function ropeTable(rope: RopeConfig, rotaryDim: number, positions: number): Float32Array<ArrayBuffer> {
  invariant(rotaryDim % 2 === 0, "config", `RoPE: expected an even number of dimensions, got ${rotaryDim}`);
  const frequencies = ropeFrequencies(rope, rotaryDim);
  const table = new Float32Array(positions * rotaryDim);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, i) => {
      const at = position * rotaryDim + 2 * i;
      table[at] = Math.cos(position * frequency);
      table[at + 1] = Math.sin(position * frequency);
    });
  }
  return table;
}
