// One training step of the hypernetwork, entirely on the GPU, in one submit unless the model is large (METHOD.md 1.2 to 1.4).
import type { Ctx } from "../ctx.ts";
import { decoderLoss } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { masked } from "../model/selection.ts";
import { adamW } from "../ops/adamW.ts";
import { tapeArithmetic } from "../ops/arithmetic.ts";
import { binarize } from "../ops/binarize.ts";
import { budget } from "../ops/budget.ts";
import { recordMetrics } from "../ops/metrics.ts";
import { DRAW } from "../rng.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { ADAM, type Estimator } from "../recipes/recipe.ts";
import type { TrainState } from "./state.ts";

interface StepRecipe {
  estimator: Estimator;
  learningRate: number;
  weightDecay: number;
}

interface StepInputs {
  recipe: StepRecipe;
  /** Token ids (T) of the step. */
  ids: Uint32Array;
  /** Flat noise that replaces the counter-based noise (golden cases only). */
  noise?: Float32Array;
}

/** Flat gate logits before the update; they can be read until the next step is recorded. */
interface StepResult {
  logits: Tensor;
}

/** Gates for the language model's loss, and gates that the budget counts: two draws in the released code's estimator, else one. */
function drawGates(
  ctx: Ctx,
  logits: Tensor,
  { gateModel, step }: TrainState,
  { recipe: { estimator }, noise }: StepInputs,
): { loss: Tensor; budget: Tensor } {
  const draw = (stream: number): Tensor =>
    noise ? ctx.upload(noise, [noise.length], "given noise") : gateModel.noise(ctx, step, stream);
  const { tables } = gateModel;
  if (estimator === "gumbel") {
    return {
      loss: binarize(ctx, logits, { noise: draw(DRAW.language), tables, estimator: "gumbel-soft" }),
      budget: binarize(ctx, logits, { noise: draw(DRAW.budget), tables, estimator: "gumbel-hard" }),
    };
  }
  const gates = binarize(ctx, logits, { noise: draw(DRAW.language), tables, estimator });
  return { loss: gates, budget: gates };
}

/** Runs one step: loss + lambda R, backward through the masked model and the hypernetwork, AdamW. */
export function trainStep(ctx: Ctx, model: Model, state: TrainState, inputs: StepInputs): StepResult {
  const { recipe } = inputs;
  return ctx.step(() => {
    const tape = new Tape(tapeArithmetic(ctx));
    ctx.tape = tape;
    const logits = state.gateModel.forward(ctx);
    const gates = drawGates(ctx, logits, state, inputs);
    const ids = ctx.upload(inputs.ids, [inputs.ids.length], "batch");
    const { tables, mlpOnly } = state.gateModel;
    const selection = masked(gates.loss, tables.layout, { s4Twice: recipe.estimator === "gumbel", mlpOnly });
    // The budget comes first, so that its gradient comes last: the masks' gradients are then written, not added.
    const { costs, step: stepState, ring } = state;
    const { penalty, kept } = budget(ctx, gates.budget, { tables, costs, stepState });
    const loss = decoderLoss(ctx, model, ids, { selection });
    recordMetrics(ctx, { loss, penalty, kept, stepState, ring });

    tape.backward([
      [loss, state.one],
      [penalty, state.lambda],
    ]);
    const { theta } = state.gateModel;
    const gradient = tape.gradOf(theta);
    if (!gradient) throw new Error("the parameters of the gate model got no gradient");
    const { learningRate: lr, weightDecay } = recipe;
    const { m, v } = state;
    adamW(ctx, { theta, grad: gradient, m, v, stepState }, { lr, weightDecay, ...ADAM });
    return { logits };
  });
}
