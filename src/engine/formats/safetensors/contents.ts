// Samples of a model's weights. Its fingerprint is made of config and shapes alone, which a fine-tune has in common with its base.
import { joinedBytes } from "../../../shared/joinedBytes.ts";
import type { Weights } from "./safetensors.ts";

/** Values of a vector that are sampled; of a matrix, it is one row. */
const VECTOR_VALUES = 64;

/** Some values of every tensor: the middle row of a matrix, the first values of a vector. Throws what `readRows` throws. */
export async function sampleContents(weights: Weights): Promise<Uint8Array<ArrayBuffer>> {
  const samples = await Promise.all(
    weights.names.map(async (name) => {
      const [rows = 0, ...more] = weights.info(name).shape;
      if (rows === 0) return new Uint8Array();
      return more.length > 0
        ? weights.readRows(name, Math.floor(rows / 2), 1)
        : weights.readRows(name, 0, Math.min(rows, VECTOR_VALUES));
    }),
  );
  return joinedBytes(samples);
}
