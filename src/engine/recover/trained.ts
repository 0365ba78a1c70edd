// Types of a pruned model as it is trained: its own copies of matrices (student.ts), or adapters beside them (adapters.ts).
import type { LowRankAdapter } from "../formats/export/peftAdapter.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";
import type { Model } from "../model/load.ts";
import type { Tensor } from "../tensor.ts";

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
