// The pruned model as it is trained: its own f32 copies of some matrices, which entries of them exist, and where they are in the file.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { FAMILIES } from "../config/families/families.ts";
import type { ModelConfig } from "../config/config.ts";
import { blockLinears, type LinearRole } from "../config/tensors.ts";
import { type Kept, keptOf } from "../masks/compact.ts";
import { tensorGates } from "../masks/tensorGates.ts";
import { isKept, masksByName, type WeightMask, type WeightMasks } from "../masks/weightMasks.ts";
import type { BlockLayer, BlockWeights, LinearWeights } from "../model/decoderWeights.ts";
import { type Model, paddingOf } from "../model/load.ts";
import { copyInto } from "../ops/arithmetic.ts";
import { inOneBuffer } from "../ops/kit/rowParts.ts";
import { unpacked } from "../prune/weights/pruneWeights.ts";
import type { RecoverMatrices } from "../recipes/recoverRecipe.ts";
import { elements, type Tensor } from "../tensor.ts";

/** How the model was pruned: index lists of a compact model's 5L vectors, or masks of single weights of a model in dense shapes. */
export type Pruning = { lists: readonly Uint32Array[] } | { masks: WeightMasks };

/** A tensor of the file as a part of a trained one: rows from `firstRow` on, of which the first `cols` columns are the file's. */
interface StoredPart {
  /** In the file. */
  name: string;
  /** In the file, before anything was cut. */
  shape: readonly number[];
  kept: Kept;
  firstRow: number;
  rows: number;
  cols: number;
}

interface TrainedTensor {
  /** f32 (rows, width), or (rows) for a bias. */
  theta: Tensor;
  /** Columns, padding included; 1 for a bias. */
  width: number;
  parts: readonly StoredPart[];
  /** Which entries may differ from 0, as bits; missing where all may. Padding and pruned weights may not. */
  bits?: Tensor;
}

export interface Student {
  readonly model: Model;
  readonly trained: readonly TrainedTensor[];
  /** Frees the copies. The pruned model stays. */
  free(): void;
}

/** In the order in which a block runs them. */
export const TRAINED_LAYERS: Record<RecoverMatrices, readonly BlockLayer[]> = {
  out: ["o", "down"],
  all: ["qkv", "o", "up", "down"],
};
const LAYER_OF: Record<LinearRole, BlockLayer> = { q: "qkv", k: "qkv", v: "qkv", o: "o", up: "up", down: "down" };

/** `pruned` with its own copies of the matrices that are trained. Throws "limit" where one of them needs several buffers. */
export function makeStudent(
  ctx: Ctx,
  pruned: Model,
  { pruning, matrices }: { pruning: Pruning; matrices: RecoverMatrices },
): Student {
  const { config } = pruned;
  const trained: TrainedTensor[] = [];
  const keptWeights = "masks" in pruning ? masksByName(config, pruning.masks) : new Map<string, WeightMask>();
  const train = (from: Tensor, parts: readonly StoredPart[]): Tensor => {
    const theta = ctx.persistent(`recovered ${from.label}`, from.shape, { requiresGrad: true });
    ctx.step(() => copyInto(ctx, theta, from.dtype === "f16" ? unpacked(ctx, from) : from));
    const width = from.shape[1] ?? 1;
    const bits = keptBits(theta, width, parts, keptWeights);
    trained.push({
      ...{ theta, width, parts },
      ...(bits ? { bits: ctx.persistent("recovered bits", [bits.length], { dtype: "u32", data: bits }) } : {}),
    });
    return theta;
  };
  const copied = (block: BlockWeights, l: number, layer: BlockLayer): LinearWeights => {
    const { weight, bias } = block[layer];
    const place = (kind: "weight" | "bias"): StoredPart[] => partsOf(config, pruning, { block: l, layer, kind });
    return {
      weight: [train(inOneBuffer(weight, "recovery"), place("weight"))],
      ...(bias ? { bias: train(bias, place("bias")) } : {}),
    };
  };
  const blocks = pruned.weights.blocks.map((block, l): BlockWeights => {
    return {
      ...block,
      ...Object.fromEntries(TRAINED_LAYERS[matrices].map((layer) => [layer, copied(block, l, layer)])),
    };
  });
  const free = (): void => ctx.free(...trained.flatMap(({ theta, bits }) => (bits ? [theta, bits] : [theta])));
  return { model: { ...pruned, weights: { ...pruned.weights, blocks } }, trained, free };
}

/** The tensors of the file that a layer is packed from, in order. */
function partsOf(
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

/** Which entries of a trained tensor belong to the pruned model, one bit each; undefined where all do. */
function keptBits(
  theta: Tensor,
  width: number,
  parts: readonly StoredPart[],
  masks: ReadonlyMap<string, WeightMask>,
): Uint32Array<ArrayBuffer> | undefined {
  const length = elements(theta);
  const bits = new Uint32Array(Math.ceil(length / 32));
  let ones = 0;
  for (const { name, firstRow, rows, cols } of parts) {
    const mask = masks.get(name);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        if (mask && !isKept(mask, row * cols + col)) continue;
        const i = (firstRow + row) * width + col;
        bits[i >>> 5] = (bits[i >>> 5] ?? 0) | (1 << (i & 31));
        ones++;
      }
    }
  }
  invariant(ones > 0, "bug", `${theta.label}: expected weights to train, got none`);
  return ones === length ? undefined : bits;
}

/** The values of the trained tensors by the names of the file's, in its shapes. `from`: one tensor per trained one. What was cut is 0. */
export async function storedValues(
  ctx: Ctx,
  trained: readonly TrainedTensor[],
  from: readonly Tensor[],
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  const stored = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [i, { width, parts }] of trained.entries()) {
    const source = from[i];
    invariant(source, "bug", "recovery: expected values of every trained tensor");
    const values = await ctx.read(source);
    for (const part of parts) stored.set(part.name, inShape(values, width, part));
  }
  return stored;
}

function inShape(values: Float32Array, width: number, part: StoredPart): Float32Array<ArrayBuffer> {
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
