// Reads a model's weights cut to the kept gates: a compact model without writing its files first.
import type { Family } from "../../config/config.ts";
import type { WeightReader } from "../../model/load.ts";
import { cutMatrix, cutShape, type Kept, keptOf } from "../../masks/compact.ts";
import { tensorGates } from "../../masks/tensorGates.ts";

/** Reads `weights` without the rows and columns that are not in the index lists of the 5L vectors. */
export function cutReader(weights: WeightReader, family: Family, lists: readonly Uint32Array[]): WeightReader {
  const keptIn = (name: string): Kept | undefined => {
    const gates = tensorGates(family, name);
    return gates && keptOf(gates, lists);
  };
  return {
    has: (name) => weights.has(name),
    info: (name) => {
      const { shape } = weights.info(name);
      const kept = keptIn(name);
      return { shape: kept ? cutShape(shape, kept) : shape };
    },
    readFloat32: async (name) => {
      const values = await weights.readFloat32(name);
      const kept = keptIn(name);
      if (!kept) return values;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return new Float32Array(cutMatrix(bytes, "F32", weights.info(name).shape, kept).buffer);
    },
  };
}
