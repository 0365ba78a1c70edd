// The pruned model as it is trained: with its own f32 copies of some matrices, or with adapters on all of them.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { masksByName, type WeightMask } from "../masks/weightMasks.ts";
import type { BlockLayer, BlockWeights, LinearWeights } from "../model/decoderWeights.ts";
import type { Model } from "../model/load.ts";
import { copyInto } from "../ops/arithmetic.ts";
import { inOneBuffer } from "../ops/kit/rowParts.ts";
import { unpacked } from "../prune/weights/pruneWeights.ts";
import type { RecoverMatrices, RecoverRecipe } from "../recipes/recoverRecipe.ts";
import type { Tensor } from "../tensor.ts";
import { adaptedStudent } from "./adapters.ts";
import { inShape, keptBits, TRAINED_LAYERS, storedParts, type Pruning, type StoredPart } from "./storedParts.ts";
import type { Student, TrainedTensor } from "./trained.ts";

interface StudentOptions {
  pruning: Pruning;
  /** What is trained, and the seed of adapters. */
  recipe: Pick<RecoverRecipe, "matrices" | "rank" | "seed">;
}

/** `pruned` with what a recipe trains. Throws "limit" where that needs a matrix in one buffer that takes several. */
export function makeStudent(ctx: Ctx, pruned: Model, { pruning, recipe }: StudentOptions): Student {
  const { matrices, rank, seed } = recipe;
  if (rank !== undefined) return adaptedStudent(ctx, pruned, { pruning, rank, seed });
  return copiedStudent(ctx, pruned, { pruning, matrices });
}

export interface CopiedTensor extends TrainedTensor {
  /** Columns, padding included; 1 for a bias. */
  width: number;
  parts: readonly StoredPart[];
}

/** A student that trains copies; their values need no other weights. */
export interface CopiedStudent extends Student {
  readonly trained: readonly CopiedTensor[];
  values(from: readonly Tensor[]): Promise<Map<string, Float32Array<ArrayBuffer>>>;
}

/** With copies of the matrices and biases that are trained. */
export function copiedStudent(
  ctx: Ctx,
  pruned: Model,
  { pruning, matrices }: { pruning: Pruning; matrices: RecoverMatrices },
): CopiedStudent {
  const { config } = pruned;
  const trained: CopiedTensor[] = [];
  const keptWeights = "masks" in pruning ? masksByName(config, pruning.masks) : new Map<string, WeightMask>();
  const train = (from: Tensor, parts: readonly StoredPart[]): Tensor => {
    const theta = ctx.persistent(`recovered ${from.label}`, from.shape, { requiresGrad: true });
    ctx.step(() => copyInto(ctx, theta, from.dtype === "f16" ? unpacked(ctx, from) : from));
    const bits = keptBits(from.shape, parts, keptWeights);
    trained.push({
      ...{ theta, width: from.shape[1] ?? 1, parts },
      ...(bits ? { bits: ctx.persistent("recovered bits", [bits.length], { dtype: "u32", data: bits }) } : {}),
    });
    return theta;
  };
  const copied = (block: BlockWeights, l: number, layer: BlockLayer): LinearWeights => {
    const { weight, bias } = block[layer];
    const place = (kind: "weight" | "bias"): StoredPart[] => storedParts(config, pruning, { block: l, layer, kind });
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
  return {
    model: { ...pruned, weights: { ...pruned.weights, blocks } },
    trained,
    values: (from) => storedValues(ctx, trained, from),
    free: () => ctx.free(...trained.flatMap(({ theta, bits }) => (bits ? [theta, bits] : [theta]))),
  };
}

async function storedValues(
  ctx: Ctx,
  trained: readonly CopiedTensor[],
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
