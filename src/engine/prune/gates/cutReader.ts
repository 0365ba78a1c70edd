// Reads a model's weights cut to the kept gates: a compact model without writing its files first.
import type { Family } from "../../config/config.ts";
import { isDtype } from "../../dtype.ts";
import { invariant } from "../../errors.ts";
import type { WeightReader } from "../../model/load.ts";
import { cutMatrix, cutShape, type Kept, keptOf } from "../../masks/compact.ts";
import { tensorGates } from "../../masks/tensorGates.ts";

/** Reads `weights` without the rows and columns that are not in the index lists of the 5L vectors; a few rows at a time where `weights` does. */
export function cutReader(weights: WeightReader, family: Family, lists: readonly Uint32Array[]): WeightReader {
  const keptIn = (name: string): Kept | undefined => {
    const gates = tensorGates(family, name);
    return gates && keptOf(gates, lists);
  };
  const { readRows } = weights;
  return {
    has: (name) => weights.has(name),
    info: (name) => {
      const { shape, ...rest } = weights.info(name);
      const kept = keptIn(name);
      return { ...rest, shape: kept ? cutShape(shape, kept) : shape };
    },
    readFloat32: async (name) => {
      const values = await weights.readFloat32(name);
      const kept = keptIn(name);
      if (!kept) return values;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return new Float32Array(cutMatrix(bytes, "F32", weights.info(name).shape, kept).buffer);
    },
    ...(readRows
      ? {
          readRows: async (name, first, count) => {
            const { shape, dtype = "" } = weights.info(name);
            const { rows, cols } = keptIn(name) ?? {};
            invariant(isDtype(dtype), "bug", `${name}: expected an element type that can be cut, got ${dtype}`);
            const own = rows?.subarray(first, first + count);
            const from = own ? (own[0] ?? 0) : first;
            const end = own ? (own.at(-1) ?? -1) + 1 : first + count;
            const bytes = await readRows(name, from, end - from);
            const kept = { ...(own ? { rows: own.map((row) => row - from) } : {}), ...(cols ? { cols } : {}) };
            return cutMatrix(bytes, dtype, [end - from, ...shape.slice(1)], kept);
          },
        }
      : {}),
  };
}
