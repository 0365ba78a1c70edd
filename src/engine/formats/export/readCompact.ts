// Reads the compact form: config, masks and cut weights, checked against each other.
import type { ModelConfig } from "../../config/config.ts";
import { cutShape, keptOf, maskOfIndices } from "../../masks/compact.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { blockTensors, indexTensorName } from "../../masks/tensorGates.ts";
import { readCompactConfig } from "./compactConfig.ts";
import { readRawConfig } from "./exportFiles.ts";
import type { Folder } from "../files/folder.ts";
import { readError } from "../files/readError.ts";
import { separated } from "../safetensors/fused.ts";
import { openWeights, type Weights } from "../safetensors/safetensors.ts";

const EXPORT_AGAIN = "Files of the export contradict each other: export the model again.";

/** A compact model. Block weights have the cut shapes of `exportCompact`; everything else is as in the base model. */
export interface CompactModel {
  /** The base model's config, with full widths. */
  config: ModelConfig;
  masks: Masks;
  /** Kept positions of vector 5 * block + k among the base model's, ascending. */
  lists: readonly Uint32Array[];
  weights: Weights;
}

/**
 * Opens a folder that `exportCompact` wrote. Throws "format" naming the tensor or field where index lists, widths and shapes
 * contradict each other: a list that is missing, not ascending, out of range or of another length; a weight that is missing or has
 * another shape than the lists give.
 */
export async function readCompact(folder: Folder): Promise<CompactModel> {
  const { config, counts } = readCompactConfig(await readRawConfig(folder));
  const weights = await openWeights(await separated(folder, config));
  const { sizes } = gateLayout(config);
  const lists: Uint32Array[] = [];
  for (const [vector, size] of sizes.entries()) {
    const name = indexTensorName(config.family, vector);
    lists.push(await readIndices(weights, { file: folder.name, name, size, count: counts[vector] ?? 0 }));
  }
  for (const { name, shape, gates } of blockTensors(config)) {
    const expected = cutShape(shape, keptOf(gates, lists));
    const { shape: found } = weights.info(name);
    if (found.length === expected.length && found.every((n, axis) => n === expected[axis])) continue;
    throw readError({
      file: folder.name,
      field: name,
      expected: `the cut shape ${expected.join(" x ")}`,
      got: found.join(" x "),
      advice: EXPORT_AGAIN,
    });
  }
  return { config, masks: lists.map((list, vector) => maskOfIndices(list, sizes[vector] ?? 0)), lists, weights };
}

/** An index list in a file: the tensor `name` with `count` positions below `size`. */
interface IndexList {
  file: string;
  name: string;
  size: number;
  count: number;
}

/** Reads an index list. Throws "format" naming the tensor where it is not I32, not ascending, out of range or of another length. */
export async function readIndices(
  weights: Pick<Weights, "info" | "readBytes">,
  { file, name, size, count }: IndexList,
): Promise<Uint32Array<ArrayBuffer>> {
  const { dtype, shape } = weights.info(name);
  const refuse = (expected: string, got: string) =>
    readError({ file, field: name, expected, got, advice: EXPORT_AGAIN });
  if (dtype !== "I32" || shape.length !== 1 || shape[0] !== count) {
    throw refuse(`${count} indices in I32`, `${dtype} [${shape.join(", ")}]`);
  }
  const bytes = await weights.readBytes(name);
  const list = new Int32Array(bytes.slice().buffer);
  list.forEach((index, i) => {
    const least = (list[i - 1] ?? -1) + 1;
    if (index < least || index >= size) throw refuse(`ascending indices below ${size}`, `${index} at position ${i}`);
  });
  return Uint32Array.from(list);
}
