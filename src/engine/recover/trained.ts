// A pruned model as it is trained: what copies of its matrices (student.ts) and adapters beside them (adapters.ts) have in common.
import type { Ctx } from "../ctx.ts";
import type { LowRankAdapter } from "../formats/export/peftAdapter.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";
import type { WeightMask } from "../masks/weightMasks.ts";
import type { BlockLayer, BlockWeights, LinearWeights } from "../model/decoderWeights.ts";
import type { Model } from "../model/load.ts";
import type { Tensor } from "../tensor.ts";
import { keptBits, type Range } from "./storedParts.ts";

export interface TrainedTensor {
  /** f32 (rows, width), or (rows) for a bias. */
  theta: Tensor;
  /** Which entries may differ from 0, as bits; missing where all may. Padding and pruned weights may not. */
  bits?: Tensor;
}

/** The weights that were pruned: the file's, or in their place those that the pruning method updated. */
export type PrunedWeightsReader = Pick<Weights, "readFloat32">;

export interface Student {
  readonly model: Model;
  readonly trained: readonly TrainedTensor[];
  /**
   * The trained matrices and biases by the names of the file's tensors, in their shapes; what was cut or pruned is 0. from: one tensor per
   * trained one. weights: adapters are added to them; copies do not need them.
   */
  values(from: readonly Tensor[], weights: PrunedWeightsReader): Promise<Map<string, Float32Array<ArrayBuffer>>>;
  /** The adapters in the shapes of the file's matrices; missing where matrices are trained, and for single weights, whose masks have no low rank. */
  adapter?(from: readonly Tensor[]): Promise<LowRankAdapter>;
  /** Frees what is trained. The pruned model stays. */
  free(): void;
}

/** The model with other weights in these layers of every block. */
export function withLayers(
  pruned: Model,
  layers: readonly BlockLayer[],
  change: (weights: LinearWeights, at: { block: number; layer: BlockLayer }) => LinearWeights,
): Model {
  const blocks = pruned.weights.blocks.map((block, l): BlockWeights => {
    const changed = layers.map((layer): [BlockLayer, LinearWeights] => [
      layer,
      change(block[layer], { block: l, layer }),
    ]);
    return { ...block, ...Object.fromEntries(changed) };
  });
  return { ...pruned, weights: { ...pruned.weights, blocks } };
}

/** `keptBits` of a packed tensor on the GPU. */
export function keptBitsTensor(
  ctx: Ctx,
  shape: readonly number[],
  ranges: readonly Range[],
  masks: ReadonlyMap<string, WeightMask>,
): Tensor | undefined {
  const bits = keptBits(shape, ranges, masks);
  return bits && ctx.persistent("kept bits", [bits.length], { dtype: "u32", data: bits });
}

export const freeTrained = (ctx: Ctx, trained: readonly TrainedTensor[]): void =>
  ctx.free(...trained.flatMap(({ theta, bits }) => (bits ? [theta, bits] : [theta])));
