// Reads our own compact form back: config, masks and cut weights, all checked against each other.
import { EngineError, invariant } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { cutShape, keptOf, maskOfIndices } from "../../masks/compact.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { blockTensors, indexTensorName } from "../../masks/tensorGates.ts";
import { readCompactConfig } from "./compactConfig.ts";
import { readRawConfig } from "./exportFiles.ts";
import type { Folder } from "../files/folder.ts";
import { openWeights, type Weights } from "../safetensors/safetensors.ts";

/** A compact model. Block weights have the cut shapes of `exportCompact`; everything else is as in the base model. */
export interface CompactModel {
  /** The base model's config, with full widths. */
  config: ModelConfig;
  masks: Masks;
  /** Kept positions of vector 5 * block + k, ascending. */
  lists: readonly Uint32Array[];
  weights: Weights;
}

/**
 * Opens a folder that `exportCompact` wrote. Throws "format" naming the tensor or field if index lists, widths and shapes do not agree:
 * a list that is missing, not ascending, out of range or of another length; a weight that is missing or not cut accordingly.
 */
export async function readCompact(folder: Folder): Promise<CompactModel> {
  const { config, counts } = readCompactConfig(await readRawConfig(folder));
  const weights = await openWeights(folder);
  const { sizes } = gateLayout(config);
  const lists: Uint32Array[] = [];
  for (const [vector, size] of sizes.entries()) {
    lists.push(await readIndices(weights, indexTensorName(config.family, vector), size, counts[vector] ?? 0));
  }
  for (const { name, shape, gates } of blockTensors(config)) {
    const expected = cutShape(shape, keptOf(gates, lists));
    const came = weights.info(name).shape;
    invariant(
      came.length === expected.length && came.every((n, axis) => n === expected[axis]),
      "format",
      `${name}: expected the cut shape ${expected.join(" x ")}, got ${came.join(" x ")}; export the model again`,
    );
  }
  return { config, masks: lists.map((list, vector) => maskOfIndices(list, sizes[vector] ?? 0)), lists, weights };
}

/** A list of `count` ascending positions below `size`. Throws "format" naming the tensor where it is none. */
export async function readIndices(
  weights: Pick<Weights, "info" | "readBytes">,
  name: string,
  size: number,
  count: number,
): Promise<Uint32Array<ArrayBuffer>> {
  const { dtype, shape } = weights.info(name);
  if (dtype !== "I32" || shape.length !== 1 || shape[0] !== count) {
    throw new EngineError("format", `${name}: expected ${count} indices in I32, got ${dtype} [${shape.join(", ")}]`);
  }
  const bytes = await weights.readBytes(name);
  const list = new Int32Array(bytes.slice().buffer);
  list.forEach((index, i) => {
    const least = (list[i - 1] ?? -1) + 1;
    invariant(
      index >= least && index < size,
      "format",
      `${name}: expected ascending indices below ${size}, got ${index} at position ${i}; export the model again`,
    );
  });
  return Uint32Array.from(list);
}
