// A model's weights with recovered tensors in place of the file's, rounded as the file stores them, so that exports and checks see one model.
import { fromFloat32, isFloatDtype, TAKE_FLOATS, toFloat32 } from "../dtype.ts";
import { invariant } from "../errors.ts";
import { Sha256 } from "../formats/hub/sha256.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";

/** Recovered values by the names of the file's tensors, in their shapes. */
export type RecoveredValues = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** `weights` with `recovered` values in the dtype of their tensors. Throws "shape" for values that do not fit a tensor. */
export function overlaid(weights: Weights, recovered: RecoveredValues): Weights {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, values] of recovered) {
    const { dtype, begin, end } = weights.info(name);
    invariant(isFloatDtype(dtype), "unsupported", `${name}: expected floats, got ${dtype}. ${TAKE_FLOATS}`);
    const bytes = fromFloat32(values, dtype);
    invariant(
      bytes.length === end - begin,
      "shape",
      `${name}: expected ${end - begin} bytes of recovered weights, got ${bytes.length}`,
    );
    stored.set(name, bytes);
  }
  return {
    ...{ file: weights.file, names: weights.names, sizeBytes: weights.sizeBytes, metadata: weights.metadata },
    changed: new Set([...(weights.changed ?? []), ...stored.keys()]),
    has: (name) => weights.has(name),
    info: (name) => weights.info(name),
    readBytes: (name) => Promise.resolve(stored.get(name)?.slice() ?? weights.readBytes(name)),
    readRows: (name, first, count) => {
      const bytes = stored.get(name);
      if (!bytes) return weights.readRows(name, first, count);
      const rowBytes = bytes.length / (weights.info(name).shape[0] ?? 1);
      return Promise.resolve(bytes.slice(first * rowBytes, (first + count) * rowBytes));
    },
    readFloat32: (name) => {
      const bytes = stored.get(name);
      return bytes ? Promise.resolve(toFloat32(bytes, weights.info(name).dtype)) : weights.readFloat32(name);
    },
  };
}

/** SHA-256 of the recovered tensors' bytes as the file stores them, one after the other by name. */
export async function recoveredHash(weights: Weights, recovered: RecoveredValues): Promise<string> {
  const hash = new Sha256();
  for (const name of [...recovered.keys()].sort()) hash.update(await weights.readBytes(name));
  return hash.hex();
}
