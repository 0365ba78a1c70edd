// What a run trains: parameters, and how they make the gate logits.
import type { Ctx } from "../../ctx.ts";
import type { UseGradient } from "../../ops/heads.ts";
import type { Tensor } from "../../tensor.ts";
import type { GateTables } from "../../ops/kit/gateTables.ts";

/** The hypernetwork (hypernet.ts), or what replaces it in an ablation (ablations.ts). */
export interface GateModel {
  /** All parameters, which checkpoints store as one array in this order. The heads, nearly all of them, are a tensor of their own. Padding is 0 and stays 0. */
  readonly parameters: readonly Tensor[];
  /** The layout of gate logits and noise, for all 5L vectors. */
  readonly tables: GateTables;
  /** Whether only s4 is pruned: the gates of s1, s2, s3 and s5 are all ones and need not be applied. */
  readonly mlpOnly: boolean;
  /** Sets the ratio of the next forward. Does nothing in a model for one ratio. */
  setRatio(ctx: Ctx, ratio: number): void;
  /**
   * Gate logits, flat and without the offset 3; recorded on the tape if there is one. useGradient: takes the gradient of the heads part by
   * part in backward, instead of the tape.
   */
  forward(ctx: Ctx, useGradient?: UseGradient): Tensor;
  /** Noise in (0, 1) of a draw (one of DRAW in rng.ts), flat, one value per gate; shared gates get the same value. */
  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor;
  free(ctx: Ctx): void;
}
