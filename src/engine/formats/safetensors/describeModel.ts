// What a model's fingerprint is made of: config.json and the names, dtypes and shapes of its tensors. python/ makes the same text.
import type { Weights } from "./safetensors.ts";

/** The text whose SHA-256 begins with the fingerprint. rawConfig: the parsed config.json. */
export function describeModel(rawConfig: unknown, weights: Weights): string {
  return JSON.stringify([rawConfig, weights.names.map((name) => weights.info(name))]);
}
