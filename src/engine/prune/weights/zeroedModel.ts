// Zeroes single weights on the GPU by masks that are known already, to restore a finished run.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { Model } from "../../model/load.ts";
import { applyMask } from "./prunedBlock.ts";
import { copyMlp } from "./pruneWeights.ts";
import { masksByName, type WeightMasks } from "../../masks/weightMasks.ts";

/** The dense model with its own copies of the MLP matrices, zeroed by `masks`; `free` frees only the copies. Throws "shape" for masks of another model. */
export function zeroedModel(ctx: Ctx, dense: Model, masks: WeightMasks): Model {
  masksByName(dense.config, masks);
  const model = copyMlp(ctx, dense);
  for (const mask of masks) {
    const { block: l, name } = mask.matrix;
    const block = model.weights.blocks[l];
    invariant(block, "bug", `${name}: the model has no block ${l}`);
    applyMask(ctx, block, mask);
  }
  return model;
}
