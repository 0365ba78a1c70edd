// One step of a recovery, entirely on the GPU: both forward passes, the loss, backward through the pruned model, AdamW (METHOD.md 6).
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { decoderRead } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { adamW } from "../ops/adamW.ts";
import { copyInto, makeOne, gradientArithmetic } from "../ops/arithmetic.ts";
import { klLoss } from "../ops/klLoss.ts";
import { stepState } from "../ops/kit/stepState.ts";
import { METRICS, recordMetrics } from "../ops/metrics.ts";
import { relativeError } from "../ops/relativeError.ts";
import { zeroByBits } from "../ops/zeroWeights.ts";
import { ADAM } from "../recipes/recipe.ts";
import type { RecoverRecipe } from "../recipes/recoverRecipe.ts";
import { RING_SLOTS } from "../train/state.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { Student } from "./trained.ts";

/** The tensors of a recovery between its steps; lists have one tensor per trained one. */
export interface RecoverState {
  m: readonly Tensor[];
  v: readonly Tensor[];
  /** The best values that the guard has measured; at first those of the pruned model. */
  best: readonly Tensor[];
  /** Seed, step and rate. */
  step: Tensor;
  /** (RING_SLOTS, METRICS): the first number of a row is the KL of its step. */
  ring: Tensor;
  one: Tensor;
  zero: Tensor;
}

/** The state before the first step. */
export function makeRecoverState(ctx: Ctx, { trained }: Student): RecoverState {
  const like = (label: string): Tensor[] => trained.map(({ theta }) => ctx.persistent(label, theta.shape));
  const state = {
    ...{ m: like("adamW m"), v: like("adamW v"), best: like("best weights") },
    step: stepState(ctx, { seed: 0, step: 0, ratio: 1 }),
    ring: ctx.persistent("metrics", [RING_SLOTS, METRICS]),
    one: makeOne(ctx),
    zero: ctx.persistent("zero", [1]),
  };
  keepBest(ctx, trained, state);
  return state;
}

/** Copies the current weights to `best`. */
export function keepBest(ctx: Ctx, trained: Student["trained"], { best }: Pick<RecoverState, "best">): void {
  ctx.step(() => trained.forEach(({ theta }, i) => best[i] && copyInto(ctx, best[i], theta)));
}

export function freeRecoverState(ctx: Ctx, { m, v, best, step, ring, one, zero }: RecoverState): void {
  ctx.free(...m, ...v, ...best, step, ring, one, zero);
}

interface StepInputs {
  recipe: Pick<RecoverRecipe, "learningRate" | "weightDecay" | "hiddenWeight">;
  /** Token ids (T) of the step. */
  ids: Uint32Array;
}

/**
 * Runs one step. The dense model goes first and without a tape, and leaves only the input of its head, (T, d). Pruned weights and padding
 * get no gradient, so they stay 0.
 */
export function recoverStep(
  ctx: Ctx,
  { dense, student, state }: { dense: Model; student: Student; state: RecoverState },
  inputs: StepInputs,
): void {
  const { model, trained } = student;
  ctx.step(() => {
    const ids = ctx.upload(inputs.ids, [inputs.ids.length], "batch");
    const headInputOf = (of: Model): Tensor => decoderRead(ctx, of, ids, { selection: of.selection });
    const teacher = { x: headInputOf(dense), head: dense.weights.head };
    const tape = new Tape(gradientArithmetic(ctx));
    ctx.tape = tape;
    const { learningRate: lr, weightDecay, hiddenWeight } = inputs.recipe;
    const { step, ring, one, zero } = state;
    const x = headInputOf(model);
    const loss = klLoss(ctx, x, { head: model.weights.head, teacher });
    recordMetrics(ctx, { loss, penalty: zero, kept: zero, stepState: step, ring });
    const losses = hiddenWeight > 0 ? [loss, relativeError(ctx, x, teacher.x, hiddenWeight)] : [loss];
    tape.backward(losses.map((of) => [of, one]));
    for (const [i, { theta, bits }] of trained.entries()) {
      const [grad, m, v] = [tape.gradients.of(theta), state.m[i], state.v[i]];
      invariant(grad && m && v, "bug", `${theta.label} got no gradient`);
      if (bits) zeroByBits(ctx, grad, bits);
      adamW(ctx, { theta, grad, m, v, stepState: step }, { lr, weightDecay, ...ADAM });
    }
  });
}
