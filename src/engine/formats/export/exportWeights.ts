// The masked form of a model with pruned single weights: dense matrices with zeros, updated where the method updates (docs/formats.md).
import { mlpMatrices, type MlpMatrix } from "../../masks/mlpMatrices.ts";
import { masksByName, type WeightMasks, zeroPruned } from "../../masks/weightMasks.ts";
import { type Dtype, elementCount } from "../../dtype.ts";
import { converted, openModelWeights, type ExportModel } from "./exportFiles.ts";
import { sameShapes } from "./exportMasked.ts";
import { exportRows } from "./exportRows.ts";
import type { OutputFile } from "../files/outputFile.ts";

export interface WeightSource extends ExportModel {
  masks: WeightMasks;
  /** The updated values of a matrix, (out, in). By default kept weights stay bit for bit the same. */
  updated?: (matrix: MlpMatrix) => Promise<Float32Array<ArrayBuffer>>;
}

/**
 * config.json, model.safetensors (or shards and their index), tokenizer and companion files. Pruned weights are +0. Equal sources and
 * masks give equal bytes. Throws "shape" for masks of another model, "format" for weights that do not fit the config.
 */
export async function exportWeights(source: WeightSource): Promise<OutputFile[]> {
  const { config, masks, updated } = source;
  const byName = masksByName(config, masks);
  const matrices = new Map(mlpMatrices(config).map((matrix) => [matrix.name, matrix]));
  const weights = await openModelWeights(source);
  return sameShapes(source, weights, (name, target) => {
    const mask = byName.get(name);
    const matrix = matrices.get(name);
    if (matrix && updated) return updatedChunks(matrix, updated, target);
    const [, ...rest] = weights.info(name).shape;
    const cols = elementCount(rest);
    const zero = (bytes: Uint8Array<ArrayBuffer>, firstRow: number, count: number): Uint8Array<ArrayBuffer> => {
      if (!mask) return bytes;
      const zeroed = bytes.slice();
      zeroPruned(zeroed, mask, firstRow * cols, count * cols);
      return zeroed;
    };
    return exportRows(weights, name, { rows: zero, target });
  });
}

async function* updatedChunks(
  matrix: MlpMatrix,
  updated: NonNullable<WeightSource["updated"]>,
  target: Dtype,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  yield converted(new Uint8Array((await updated(matrix)).buffer), "F32", target, matrix.name);
}
