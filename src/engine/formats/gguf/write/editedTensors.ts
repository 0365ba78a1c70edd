// The tensors of a pruned model by rows, as float32: zeroed by masks, and cut where the file's architecture has widths per block.
import { S4, VECTORS_PER_BLOCK } from "../../../../shared/vectors.ts";
import type { Family, ModelConfig } from "../../../config/config.ts";
import { elementCount, toFloat32 } from "../../../dtype.ts";
import { cutMatrix, cutShape, indexLists, type Kept, keptOf, keptOfRows, zeroMatrix } from "../../../masks/compact.ts";
import type { Masks } from "../../../masks/gates.ts";
import { tensorGates } from "../../../masks/tensorGates.ts";
import { masksByName, type WeightMasks, zeroPruned } from "../../../masks/weightMasks.ts";
import { type MlpMatrix, mlpMatrices } from "../../../masks/mlpMatrices.ts";
import type { Weights } from "../../safetensors/safetensors.ts";

/** Tensors under the names of transformers. */
export interface EditedTensors {
  /** The shape after the edit. */
  shape(name: string): readonly number[];
  /** Rows of the original tensor. */
  sourceRows(name: string): number;
  /** What is left of rows [first, first + count) of the original, row by row. */
  rows(name: string, first: number, count: number): Promise<Float32Array<ArrayBuffer>>;
}

/** A model pruned by selection vectors. cut: s4 removes rows and columns instead of zeroing them. */
export function gatedTensors(weights: Weights, family: Family, masks: Masks, cut: boolean): EditedTensors {
  const lists = indexLists(masks);
  const isCut = (vector: number | undefined): boolean => cut && (vector ?? -1) % VECTORS_PER_BLOCK === S4;
  /** The kept rows and columns that are zeroed, or cut. */
  const kept = (name: string, cuts: boolean): Kept => {
    const { block = 0, rows, cols } = tensorGates(family, name) ?? {};
    return keptOf(
      {
        block,
        ...(rows === undefined || isCut(rows) !== cuts ? {} : { rows }),
        ...(cols === undefined || isCut(cols) !== cuts ? {} : { cols }),
      },
      lists,
    );
  };
  return {
    shape: (name) => cutShape(weights.info(name).shape, kept(name, true)),
    sourceRows: (name) => weights.info(name).shape[0] ?? 0,
    rows: async (name, first, count) => {
      const values = await floatRows(weights, name, first, count);
      const shape = [count, ...weights.info(name).shape.slice(1)];
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const zeroed = zeroMatrix(bytes, "F32", shape, keptOfRows(kept(name, false), first, count));
      const cutBytes = cutMatrix(zeroed, "F32", shape, keptOfRows(kept(name, true), first, count));
      return new Float32Array(cutBytes.buffer);
    },
  };
}

/** A model whose single weights are pruned. updated: the new values of a matrix, (out, in), where the method changes kept weights. */
export function maskedTensors(
  weights: Weights,
  config: ModelConfig,
  masks: WeightMasks,
  updated?: (matrix: MlpMatrix) => Promise<Float32Array<ArrayBuffer>>,
): EditedTensors {
  const byName = masksByName(config, masks);
  const matrices = new Map(mlpMatrices(config).map((matrix) => [matrix.name, matrix]));
  return {
    shape: (name) => weights.info(name).shape,
    sourceRows: (name) => weights.info(name).shape[0] ?? 0,
    rows: async (name, first, count) => {
      const columns = elementCount(weights.info(name).shape.slice(1));
      const matrix = matrices.get(name);
      if (matrix && updated) return (await updated(matrix)).slice(first * columns, (first + count) * columns);
      const values = (await floatRows(weights, name, first, count)).slice();
      const mask = byName.get(name);
      if (mask) zeroPruned(new Uint8Array(values.buffer), mask, first * columns, count * columns);
      return values;
    },
  };
}

async function floatRows(weights: Weights, name: string, first: number, count: number) {
  return toFloat32(await weights.readRows(name, first, count), weights.info(name).dtype);
}
