// What a run trains: parameters, and how the logits of all gates come from them.
import type { Ctx } from "../../ctx.ts";
import type { Tensor } from "../../tensor.ts";
import type { GateTables } from "../../ops/kit/gateTables.ts";

/** The hypernetwork (hypernet.ts), or what an ablation puts in its place (ablations.ts). */
export interface GateModel {
  /** All parameters in one tensor: one gradient, one AdamW dispatch. Padding is and stays 0. */
  readonly theta: Tensor;
  /** Of all 5L vectors: the layout of logits and noise. */
  readonly tables: GateTables;
  /** Says which ratio the next forward is for. Does nothing where there is one ratio only. */
  aim(ctx: Ctx, ratio: number): void;
  /** Logits of all gates, flat and without the offset 3; recorded on the tape where there is one. */
  forward(ctx: Ctx): Tensor;
  /** Noise in (0, 1) of a draw (one of rng.ts's DRAW), flat, a value a gate; gates that are one get one value. */
  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor;
  free(ctx: Ctx): void;
}
