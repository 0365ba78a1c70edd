// Which tokens a step sees: a window of the calibration text at a place drawn by the counter-based noise.
import { invariant } from "../errors.ts";
import { DRAW, uniformNoise } from "../rng.ts";

/** The ids of step `step` (0-based): `tokens` consecutive ones, the start uniform over the text. The same for the same seed and step. */
export function batchOf(text: Uint32Array, tokens: number, seed: number, step: number): Uint32Array {
  invariant(
    text.length >= tokens,
    "shape",
    `a step needs ${tokens} tokens; the calibration text has ${text.length}. Choose a longer text or fewer tokens a step.`,
  );
  const start = Math.floor(uniformNoise({ seed, step, draw: DRAW.batch }) * (text.length - tokens + 1));
  return text.subarray(start, start + tokens);
}

/** Calibration sequences of `tokens` consecutive ids each, drawn as the steps of a run are. Throws "shape" where the text is shorter. */
export function calibrationSequences(
  text: Uint32Array,
  { sequences, tokens, seed }: { sequences: number; tokens: number; seed: number },
): Uint32Array[] {
  return Array.from({ length: sequences }, (_, i) => batchOf(text, tokens, seed, i));
}
