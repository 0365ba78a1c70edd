// The tensors that a run has on the GPU between training steps.
import type { Ctx } from "../ctx.ts";
import type { PenaltyCosts } from "../masks/budget.ts";
import { makeOne } from "../ops/arithmetic.ts";
import { METRICS } from "../ops/metrics.ts";
import { stepState } from "../ops/kit/stepState.ts";
import type { GateModel } from "../prune/gates/gateModel.ts";
import type { Tensor } from "../tensor.ts";

/** How many steps of metrics fit on the GPU until they are fetched. */
export const RING_SLOTS = 1024;

export interface TrainState<Trained extends GateModel = GateModel> {
  gateModel: Trained;
  costs: PenaltyCosts;
  /** AdamW's moments, one tensor for each of gateModel.parameters. */
  m: readonly Tensor[];
  v: readonly Tensor[];
  /** Seed, step and ratio (ops/kit/stepState.ts). */
  step: Tensor;
  /** (RING_SLOTS, METRICS): metrics of the latest steps (ops/metrics.ts). */
  ring: Tensor;
  /** The gradients that backward starts with: 1 for the loss, lambda for R. */
  one: Tensor;
  lambda: Tensor;
}

/** The state of a run before its first step: the moments are zero. */
export function makeTrainState<Trained extends GateModel>(
  ctx: Ctx,
  gateModel: Trained,
  costs: PenaltyCosts,
  lambda: number,
): TrainState<Trained> {
  return {
    gateModel,
    costs,
    m: gateModel.parameters.map(({ shape }) => ctx.persistent("adamW m", shape)),
    v: gateModel.parameters.map(({ shape }) => ctx.persistent("adamW v", shape)),
    step: stepState(ctx, { seed: 0, step: 0, ratio: 1 }),
    ring: ctx.persistent("metrics", [RING_SLOTS, METRICS]),
    one: makeOne(ctx),
    lambda: ctx.persistent("lambda", [1], { data: Float32Array.of(lambda) }),
  };
}

export function freeTrainState(ctx: Ctx, state: TrainState): void {
  state.gateModel.free(ctx);
  ctx.free(...state.m, ...state.v, state.step, state.ring, state.one, state.lambda);
}
