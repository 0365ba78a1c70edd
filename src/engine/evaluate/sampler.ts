// Picks the next token from logits: greedy at temperature 0, else by the noise of the seed, so that equal seeds give equal texts.
import { DRAW, uniformNoise } from "../rng.ts";

/** Index of the largest value; ties give the first. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? -Infinity) > (values[best] ?? -Infinity)) best = i;
  return best;
}

/** A sample of softmax(logits / temperature), by inversion with the noise of (seed, position). */
export function sample(logits: Float32Array, temperature: number, seed: number, position: number): number {
  if (temperature <= 0) return argmax(logits);
  const top = logits[argmax(logits)] ?? 0;
  const weights = Float64Array.from(logits, (value) => Math.exp((value - top) / temperature));
  let left =
    uniformNoise({ seed, step: position, draw: DRAW.sample }) * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [token, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return token;
  }
  return argmax(logits);
}
