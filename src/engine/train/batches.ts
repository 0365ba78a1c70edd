// The tokens of a training step: a window of the calibration text whose start the counter-based noise draws.
import { invariant } from "../errors.ts";
import { DRAW, uniformNoise } from "../rng.ts";

/** The ids of step `step` (from 0): `tokens` consecutive ones from a uniformly drawn start. Equal seeds and steps give equal ids. */
export function batchOf(text: Uint32Array, tokens: number, seed: number, step: number): Uint32Array {
  invariant(
    text.length >= tokens,
    "shape",
    `calibration text: expected at least ${tokens} tokens, got ${text.length}. Choose a longer text or fewer tokens per step.`,
  );
  const start = Math.floor(uniformNoise({ seed, step, draw: DRAW.batch }) * (text.length - tokens + 1));
  return text.subarray(start, start + tokens);
}

/** Calibration sequences of `tokens` consecutive ids each, drawn like the steps of a run. Throws "shape" if the text is shorter than one. */
export function calibrationSequences(
  text: Uint32Array,
  { sequences, tokens, seed }: { sequences: number; tokens: number; seed: number },
): Uint32Array[] {
  return Array.from({ length: sequences }, (_, i) => batchOf(text, tokens, seed, i));
}
