// Where the parts of a pruned model's packed matrices are in the file, and which entries of them exist.
import { invariant } from "../errors.ts";
import { FAMILIES } from "../config/families/families.ts";
import type { ModelConfig } from "../config/config.ts";
import { blockLinears, type LinearRole } from "../config/tensors.ts";
import { type Kept, keptOf } from "../masks/compact.ts";
import { tensorGates } from "../masks/tensorGates.ts";
import { isKept, masksByName, type WeightMask, type WeightMasks } from "../masks/weightMasks.ts";
import type { BlockLayer } from "../model/decoderWeights.ts";
import { paddingOf } from "../model/load.ts";
import type { RecoverMatrices } from "../recipes/recoverRecipe.ts";
import { sizeOf } from "../tensor.ts";

/** How the model was pruned: index lists of a compact model's 5L vectors, or masks of single weights of a model in dense shapes. */
export type Pruning = { lists: readonly Uint32Array[] } | { masks: WeightMasks };

/** The masks of single weights by the names of their matrices; empty for a compact model. */
export const masksOf = (config: ModelConfig, pruning: Pruning): ReadonlyMap<string, WeightMask> =>
  "masks" in pruning ? masksByName(config, pruning.masks) : new Map();

/** Some rows and columns of a packed tensor. */
export interface Range {
  firstRow: number;
  rows: number;
  /** Default: 0. */
  firstCol?: number;
  cols: number;
  /** Of the mask of its single weights. */
  name?: string;
}

/** A tensor of the file as a part of a packed one: rows from `firstRow` on, of which the first `cols` columns are the file's. */
export interface StoredPart extends Range {
  /** In the file. */
  name: string;
  /** In the file, before anything was cut. */
  shape: readonly number[];
  kept: Kept;
}

/** The packed matrices that are trained, in the order in which a block runs them. */
export const TRAINED_LAYERS: Record<RecoverMatrices, readonly BlockLayer[]> = {
  out: ["o", "down"],
  all: ["qkv", "o", "up", "down"],
};
const LAYER_OF: Record<LinearRole, BlockLayer> = { q: "qkv", k: "qkv", v: "qkv", o: "o", up: "up", down: "down" };

/** The tensors of the file that a layer is packed from, in order. */
export function storedParts(
  config: ModelConfig,
  pruning: Pruning,
  { block, layer, kind }: { block: number; layer: BlockLayer; kind: "weight" | "bias" },
): StoredPart[] {
  const lists = "lists" in pruning ? pruning.lists : undefined;
  const pad = paddingOf(config, lists !== undefined);
  let firstRow = 0;
  return blockLinears(config)
    .filter(({ role }) => LAYER_OF[role] === layer)
    .map((linear): StoredPart => {
      const name = `${FAMILIES[config.family].names.layers}${block}.${linear.name}.${kind}`;
      const gates = lists && tensorGates(config.family, name);
      const kept = gates && lists ? keptOf(gates, lists) : {};
      const shape = kind === "weight" ? linear.shape : linear.shape.slice(0, 1);
      const rows = kept.rows?.length ?? linear.shape[0];
      const cols = kind === "weight" ? (kept.cols?.length ?? linear.shape[1]) : 1;
      const part = { name, shape, kept, firstRow, rows, cols };
      firstRow += Math.ceil(rows / pad) * pad;
      return part;
    });
}

/** Which entries of a packed tensor are in one of the ranges and not masked, one bit each; undefined where all are. */
export function keptBits(
  shape: readonly number[],
  ranges: readonly Range[],
  masks: ReadonlyMap<string, WeightMask>,
): Uint32Array<ArrayBuffer> | undefined {
  const width = shape[1] ?? 1;
  const length = sizeOf(shape);
  const bits = new Uint32Array(Math.ceil(length / 32));
  let ones = 0;
  for (const { name, firstRow, rows, firstCol = 0, cols } of ranges) {
    const mask = name === undefined ? undefined : masks.get(name);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        if (mask && !isKept(mask, row * cols + col)) continue;
        const i = (firstRow + row) * width + firstCol + col;
        bits[i >>> 5] = (bits[i >>> 5] ?? 0) | (1 << (i & 31));
        ones++;
      }
    }
  }
  invariant(ones > 0, "bug", "recovery: expected entries to train, got none");
  return ones === length ? undefined : bits;
}

/** The values of a part in the shape of the file's tensor; what was cut is 0. values: of the packed tensor, with rows of `width`. */
export function inShape(
  values: Float32Array,
  width: number,
  part: Omit<StoredPart, "name">,
): Float32Array<ArrayBuffer> {
  const { shape, kept, firstRow, rows, cols } = part;
  const [height = 0, across = 1] = shape;
  const out = new Float32Array(height * across);
  for (let row = 0; row < rows; row++) {
    const to = (kept.rows?.[row] ?? row) * across;
    const at = (firstRow + row) * width;
    for (let col = 0; col < cols; col++) out[to + (kept.cols?.[col] ?? col)] = values[at + col]!;
  }
  return out;
}
