// One training step of the hypernetwork, entirely on the GPU, in one submit unless the model is large (METHOD.md 1.2 to 1.4).
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { decoderLoss } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { masked } from "../model/selection.ts";
import { adamW } from "../ops/adamW.ts";
import { gradientArithmetic } from "../ops/arithmetic.ts";
import { binarize } from "../ops/binarize.ts";
import { budget } from "../ops/budget.ts";
import { recordMetrics } from "../ops/metrics.ts";
import { DRAW } from "../rng.ts";
import { Tape } from "../tape.ts";
import { type Tensor, view } from "../tensor.ts";
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

/**
 * AdamW on all parameters of a step. Rows of the heads are updated as soon as their gradient is there, in parts, so that it never exists as a
 * whole: with the moments it would be a third array as large as the parameters. Nothing reads the heads after that.
 */
class ParameterUpdate {
  /** Parameters whose gradients came in parts. */
  private readonly updated = new Set<Tensor["buffer"]>();

  constructor(
    private readonly ctx: Ctx,
    private readonly state: TrainState,
    private readonly recipe: StepRecipe,
  ) {}

  readonly useGradient = (rows: Tensor, gradient: Tensor): void => {
    const { parameters } = this.state.gateModel;
    const at = parameters.findIndex(({ buffer }) => buffer === rows.buffer);
    this.updated.add(rows.buffer);
    this.update(at, rows, gradient);
  };

  /** The parameters whose gradients are on the tape. */
  finish(tape: Tape): void {
    this.state.gateModel.parameters.forEach((theta, at) => {
      if (this.updated.has(theta.buffer)) return;
      const gradient = tape.gradients.of(theta);
      invariant(gradient, "bug", "the parameters of the gate model got no gradient");
      this.update(at, theta, gradient);
    });
  }

  private update(at: number, theta: Tensor, grad: Tensor): void {
    const { m, v, step: stepState } = this.state;
    const [first, second] = [m[at], v[at]];
    invariant(first && second, "bug", "the parameters of the gate model have no moments");
    const moment = (of: Tensor): Tensor => view(of, theta.offset, theta.shape);
    const { learningRate: lr, weightDecay } = this.recipe;
    adamW(this.ctx, { theta, grad, m: moment(first), v: moment(second), stepState }, { lr, weightDecay, ...ADAM });
  }
}

/** Runs one step: loss + lambda R, backward through the masked model and the hypernetwork, AdamW. */
export function trainStep(ctx: Ctx, model: Model, state: TrainState, inputs: StepInputs): StepResult {
  const { recipe } = inputs;
  return ctx.step(() => {
    const tape = new Tape(gradientArithmetic(ctx));
    ctx.tape = tape;
    const parameters = new ParameterUpdate(ctx, state, recipe);
    const logits = state.gateModel.forward(ctx, parameters.useGradient);
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
    parameters.finish(tape);
    return { logits };
  });
}
