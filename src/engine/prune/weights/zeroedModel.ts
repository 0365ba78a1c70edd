// Zeroes single weights on the GPU by masks that are known already, to restore a finished run.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { Model } from "../../model/load.ts";
import { zeroWeights } from "../../ops/zeroWeights.ts";
import { packedRows } from "./blockPruner.ts";
import { copyMlp } from "./pruneWeights.ts";
import { isKept, masksByName, type WeightMasks } from "../../masks/weightMasks.ts";

/** The dense model with its own copies of the MLP matrices, zeroed by `masks`; `free` frees only the copies. Throws "shape" for masks of another model. */
export function zeroedModel(ctx: Ctx, dense: Model, masks: WeightMasks): Model {
  masksByName(dense.config, masks);
  const model = copyMlp(ctx, dense);
  for (const mask of masks) {
    const { block: l, name, shape } = mask.matrix;
    const block = model.weights.blocks[l];
    invariant(block, "bug", `${name}: the model has no block ${l}`);
    const keep = Uint32Array.from({ length: shape[0] * shape[1] }, (_, weight) => (isKept(mask, weight) ? 1 : 0));
    ctx.step(() => zeroWeights(ctx, packedRows(block, mask.matrix), ctx.upload(keep, shape, "keep")));
  }
  return model;
}
