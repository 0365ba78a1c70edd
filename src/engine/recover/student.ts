// The pruned model as it is trained: with its own f32 copies of some matrices, or with adapters on all of them.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Model } from "../model/load.ts";
import { copyInto } from "../ops/arithmetic.ts";
import { inOneBuffer } from "../ops/kit/rowParts.ts";
import { unpacked } from "../prune/weights/pruneWeights.ts";
import type { RecoverMatrices, RecoverRecipe } from "../recipes/recoverRecipe.ts";
import type { Tensor } from "../tensor.ts";
import { adaptedStudent } from "./adapters.ts";
import { inShape, masksOf, TRAINED_LAYERS, storedParts, type Pruning, type StoredPart } from "./storedParts.ts";
import { freeTrained, keptBitsTensor, type Student, type TrainedTensor, withLayers } from "./trained.ts";

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
  const masks = masksOf(config, pruning);
  const train = (from: Tensor, parts: readonly StoredPart[]): Tensor => {
    const theta = ctx.persistent(`recovered ${from.label}`, from.shape, { requiresGrad: true });
    ctx.step(() => copyInto(ctx, theta, from.dtype === "f16" ? unpacked(ctx, from) : from));
    const bits = keptBitsTensor(ctx, from.shape, parts, masks);
    trained.push({ theta, width: from.shape[1] ?? 1, parts, ...(bits ? { bits } : {}) });
    return theta;
  };
  const model = withLayers(pruned, TRAINED_LAYERS[matrices], ({ weight, bias }, at) => {
    const place = (kind: "weight" | "bias"): StoredPart[] => storedParts(config, pruning, { ...at, kind });
    return {
      weight: [train(inOneBuffer(weight, "recovery"), place("weight"))],
      ...(bias ? { bias: train(bias, place("bias")) } : {}),
    };
  });
  return {
    ...{ model, trained },
    values: (from) => storedValues(ctx, trained, from),
    free: () => freeTrained(ctx, trained),
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
