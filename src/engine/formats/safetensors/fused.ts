// Families whose files store several linear layers as one matrix (Phi-3: q, k and v; gate and up). Inside the engine the layers are apart: rows
// of a matrix are adjacent bytes, so reading needs another header only, and writing puts the layers one after the other.
import type { ModelConfig } from "../../config/config.ts";
import { FAMILIES } from "../../config/families/families.ts";
import { blockLinears } from "../../config/tensors.ts";
import type { Folder } from "../files/folder.ts";
import { readError } from "../files/readError.ts";
import { rewrittenWeights } from "./renamed.ts";
import type { TensorStream } from "./safetensors.ts";

/** A stored matrix and the layers that it consists of, with the rows of each in the dense model. */
export interface Fused {
  name: string;
  parts: readonly { name: string; rows: number }[];
}

/** The stored matrices of every block; none for most families. */
export function fusedTensors(config: ModelConfig): Fused[] {
  const { fused = [], names } = FAMILIES[config.family];
  if (fused.length === 0) return [];
  const rows = new Map(blockLinears(config).map(({ name, shape }) => [name, shape[0]]));
  return Array.from({ length: config.layers }, (_, block) =>
    fused.map(({ name, parts }): Fused => {
      const tensor = (layer: string): string => `${names.layers}${block}.${layer}.weight`;
      return { name: tensor(name), parts: parts.map((part) => ({ name: tensor(part), rows: rows.get(part) ?? 0 })) };
    }),
  ).flat();
}

/** The names under which a family stores several layers as one. */
export const fusedNames = (config: ModelConfig): string[] => fusedTensors(config).map(({ name }) => name);

/**
 * The folder with the layers of stored matrices as tensors of their own. A cut matrix has the same share of its rows for each of them.
 * Throws "format" for a matrix whose rows cannot be divided so.
 */
export async function separated(folder: Folder, config: ModelConfig): Promise<Folder> {
  const fused = new Map(fusedTensors(config).map((one) => [one.name, one.parts]));
  if (fused.size === 0) return folder;
  return rewrittenWeights(folder, (name, shape) => {
    const parts = fused.get(name);
    if (!parts) return undefined;
    const full = parts.reduce((sum, { rows }) => sum + rows, 0);
    const [stored] = shape;
    return parts.map((part) => {
      const rows = stored === undefined ? part.rows : (stored * part.rows) / full;
      if (Number.isInteger(rows)) return { name: part.name, rows };
      const layers = parts.map(({ name }) => name.split(".").at(-2)).join(", ");
      throw readError({
        file: folder.name,
        field: `tensor '${name}'`,
        expected: `rows of ${layers} in the proportions of ${full} rows`,
        got: String(stored),
        advice: "Take config.json and weights from the same model.",
      });
    });
  });
}

/** The tensors as the family stores them: the layers of a stored matrix joined, in the place of the first. */
export function fusedStreams(config: ModelConfig, tensors: readonly TensorStream[]): TensorStream[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const joined = new Map<string, TensorStream | undefined>();
  for (const { name, parts } of fusedTensors(config)) {
    const streams = parts.map((part) => byName.get(part.name)).filter((stream) => stream !== undefined);
    if (streams.length < parts.length) continue;
    streams.forEach((stream, i) => joined.set(stream.name, i === 0 ? joinedStream(name, streams) : undefined));
  }
  return tensors.flatMap((tensor) => (joined.has(tensor.name) ? (joined.get(tensor.name) ?? []) : [tensor]));
}

function joinedStream(name: string, streams: readonly TensorStream[]): TensorStream {
  const [first] = streams;
  const [, ...rest] = first?.shape ?? [];
  return {
    name,
    dtype: first?.dtype ?? "F32",
    shape: [streams.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), ...rest],
    async *chunks() {
      for (const stream of streams) yield* stream.chunks();
    },
  };
}
