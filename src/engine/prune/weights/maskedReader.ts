// Reads a model's weights with single weights zeroed: the pruned model, from the original and the masks of a receipt.
import type { ModelConfig } from "../../config/config.ts";
import type { WeightReader } from "../../model/load.ts";
import { masksByName, type WeightMasks, zeroPruned } from "../../masks/weightMasks.ts";

/** Reads `weights` and zeroes what the masks drop. Throws "shape" for masks of another model. */
export function maskedReader(weights: WeightReader, config: ModelConfig, masks: WeightMasks): WeightReader {
  const byName = masksByName(config, masks);
  return {
    has: (name) => weights.has(name),
    info: (name) => weights.info(name),
    readFloat32: async (name) => {
      const values = await weights.readFloat32(name);
      const mask = byName.get(name);
      if (!mask) return values;
      const zeroed = values.slice();
      zeroPruned(new Uint8Array(zeroed.buffer), mask);
      return zeroed;
    },
  };
}
