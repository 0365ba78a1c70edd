// One pruned block: what an interrupted pruning keeps of it, and how a later one applies it without pruning it again.
import type { Ctx } from "../../ctx.ts";
import { isKept, type WeightMask, weightsOf } from "../../masks/weightMasks.ts";
import type { BlockWeights } from "../../model/decoderWeights.ts";
import { zeroWeights } from "../../ops/zeroWeights.ts";
import { type BlockNorms, packedRows, readMatrix } from "./blockPruner.ts";

export interface PrunedBlock {
  readonly block: number;
  /** Of its matrices, in their order. */
  readonly masks: readonly WeightMask[];
  /** Missing for magnitude, which does not use activations. */
  readonly norms?: BlockNorms;
  /** The weights of each matrix, where the method updates them (SparseGPT). */
  readonly values?: readonly Float32Array<ArrayBuffer>[];
}

/** The weights of a block that was pruned by a method that updates them. */
export async function updatedBlock(ctx: Ctx, weights: BlockWeights, pruned: PrunedBlock): Promise<PrunedBlock> {
  const values: Float32Array<ArrayBuffer>[] = [];
  for (const { matrix } of pruned.masks) values.push(await readMatrix(ctx, weights, matrix));
  return { ...pruned, values };
}

/** Zeroes what a mask drops, in place. */
export function applyMask(ctx: Ctx, weights: BlockWeights, mask: WeightMask): void {
  const keep = Uint32Array.from({ length: weightsOf(mask.matrix) }, (_, weight) => (isKept(mask, weight) ? 1 : 0));
  ctx.step(() => zeroWeights(ctx, packedRows(weights, mask.matrix), ctx.upload(keep, mask.matrix.shape, "keep")));
}

/** Makes a block of a dense copy the pruned block, in place. */
export async function applyBlock(ctx: Ctx, weights: BlockWeights, { masks, values }: PrunedBlock): Promise<void> {
  for (const [i, mask] of masks.entries()) {
    const known = values?.[i];
    if (!known) {
      applyMask(ctx, weights, mask);
      continue;
    }
    const { weight, firstRow } = packedRows(weights, mask.matrix);
    const all = await ctx.read(weight);
    all.set(known, firstRow * mask.matrix.shape[1]);
    ctx.write(weight, all);
  }
}
