// The element type by which people name a GGUF file: that of most of its values.
import type { GgufTensor } from "./header.ts";

type Sized = Pick<GgufTensor, "shape"> & { type: Pick<GgufTensor["type"], "name"> };

/** The type of most values. Norms are F32 in every file, and some matrices are stored with more bits than the others. */
export function mainType(tensors: Iterable<Sized>): string {
  const values = new Map<string, number>();
  for (const { type, shape } of tensors)
    values.set(type.name, (values.get(type.name) ?? 0) + shape.reduce((product, n) => product * n, 1));
  return [...values].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "F32";
}
