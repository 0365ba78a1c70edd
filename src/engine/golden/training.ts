// Golden checks of training: the gate logits, twelve steps with PyTorch's noise and batches, and the trained parameters.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Model } from "../model/load.ts";
import { METRICS } from "../ops/metrics.ts";
import { type Check, check, worstDifference } from "../ops/registry/parity.ts";
import { writeStepState } from "../ops/kit/stepState.ts";
import { budgetOf } from "../masks/budget.ts";
import { flatten, type GateLayout, gateLayout, unflatten } from "../masks/gates.ts";
import { gateModelFor } from "../prune/gates/ablations.ts";
import { Hypernet } from "../prune/gates/hypernet.ts";
import { ratioOfStep } from "../train/ratio.ts";
import type { Estimator } from "../recipes/recipe.ts";
import { freeTrainState, makeTrainState, type TrainState } from "../train/state.ts";
import { trainStep } from "../train/step.ts";
import { type GoldenTraining, idsOf } from "./case.ts";
import { GOLDEN_LIMITS, limitsOf } from "./model.ts";

/** The estimators by the names that the reference uses. */
const ESTIMATORS: Record<string, Estimator> = { reinmax: "reinmax", st: "straight-through" };

/** What the checks of one training share. */
interface TrainingCheck {
  /** Prefix of the checks' names. */
  name: string;
  golden: GoldenTraining;
  model: Model;
  state: TrainState;
  layout: GateLayout;
}

/** Trains for the steps of `golden` and compares each of them. The checks are called `name`.loss and so on. */
export async function checkTraining(ctx: Ctx, name: string, golden: GoldenTraining, model: Model): Promise<Check[]> {
  const { file, info } = golden;
  const limits = limitsOf(model);
  const layout = gateLayout(model.config);
  const arrays = new Map<string, Float32Array<ArrayBuffer>>();
  if (file.tensors.has("hn.z")) arrays.set("z", await file.readFloat32("hn.z"));
  for (const tensor of file.tensors.keys()) {
    if (tensor.startsWith("hn.start.")) arrays.set(tensor.slice("hn.start.".length), await file.readFloat32(tensor));
  }
  const ratioMode = info.recipe.seed === undefined ? "one" : "every";
  const gateModel = gateModelFor(ctx, layout, { gates: golden.gates, ratioMode, seed: 0 }, arrays);
  const state = makeTrainState(ctx, gateModel, budgetOf(model.config), info.recipe.lam);
  const training: TrainingCheck = { name, golden, model, state, layout };
  try {
    return [
      check(`${name}.hypernet`, await logitDifference(ctx, training, "hn.logits"), GOLDEN_LIMITS.logits),
      ...(await checkSteps(ctx, training)),
      check(`${name}.logits`, await logitDifference(ctx, training, "hn.end.logits"), limits.trained),
      ...(gateModel instanceof Hypernet
        ? [check(`${name}.weights`, await weightDifference(ctx, golden, gateModel), limits.trainedWeights)]
        : []),
    ];
  } finally {
    freeTrainState(ctx, state);
  }
}

/** Loss, penalty and kept block weights of every step. */
async function checkSteps(ctx: Ctx, { name, golden, model, state, layout }: TrainingCheck): Promise<Check[]> {
  const { file, info } = golden;
  const { recipe } = info;
  const limits = limitsOf(model);
  const estimator = ESTIMATORS[recipe.estimator];
  invariant(
    estimator,
    "unsupported",
    `golden case: recipe.estimator: expected one of ${Object.keys(ESTIMATORS).join(", ")}, got ${recipe.estimator}`,
  );
  const ids = await idsOf(file, "train.ids");
  const uniform = await file.readFloat32("train.u");
  const tokens = ids.length / recipe.steps;
  const gates = uniform.length / recipe.steps;
  const { p, seed = 0, from = p, to = p } = recipe;
  const drawn = { ratioMode: recipe.seed === undefined ? "one" : "every", ratioFrom: from, ratioTo: to, seed } as const;
  await ctx.gpu.checked("twelve golden steps", () => {
    for (let step = 0; step < recipe.steps; step++) {
      const ratio = ratioOfStep(drawn, step, p);
      writeStepState(ctx, state.step, { seed: 0, step, ratio });
      state.gateModel.setRatio(ctx, ratio);
      trainStep(ctx, model, state, {
        recipe: { estimator, learningRate: recipe.lr, weightDecay: recipe.weight_decay },
        ids: ids.slice(step * tokens, (step + 1) * tokens),
        noise: flatVectors(layout, uniform.subarray(step * gates, (step + 1) * gates)),
      });
    }
  });
  const ring = await ctx.read(state.ring);
  const worst = (column: number, expected: readonly number[]): number =>
    Math.max(...expected.map((value, step) => Math.abs((ring[step * METRICS + column] ?? Number.NaN) - value)));
  return [
    check(`${name}.loss`, worst(0, info.lm_loss), limits.trainingLoss),
    check(`${name}.penalty`, worst(1, info.penalty), limits.trainingLoss),
    check(`${name}.kept`, worst(2, info.kept_block_weights) / state.costs.blockWeights, limits.trainedKept),
  ];
}

/** The flat layout of vectors that golden files store one after the other, without padding. */
function flatVectors(layout: GateLayout, values: Float32Array): Float32Array {
  let first = 0;
  return flatten(
    layout,
    layout.sizes.map((size) => values.subarray(first, (first += size))),
  );
}

/** The worst difference of the current gate logits, at the recipe's ratio, from the case's tensors `tensors`.{i}. */
async function logitDifference(
  ctx: Ctx,
  { golden: { file, info }, state: { gateModel }, layout }: TrainingCheck,
  tensors: string,
): Promise<number> {
  gateModel.setRatio(ctx, info.recipe.p);
  const flat = await ctx.read(await ctx.gpu.checked("the hypernetwork", () => ctx.step(() => gateModel.forward(ctx))));
  const expected: number[] = [];
  const found: number[] = [];
  for (const [i, vector] of unflatten(layout, flat).entries()) {
    expected.push(...(await file.readFloat32(`${tensors}.${i}`)));
    found.push(...vector);
  }
  return worstDifference(found, expected);
}

/** The worst difference of a trained tensor other than the heads: see normDifference. */
async function weightDifference(ctx: Ctx, { file }: GoldenTraining, hypernet: Hypernet): Promise<number> {
  const named = await hypernet.toNamed(ctx);
  let worst = 0;
  for (const name of file.tensors.keys()) {
    if (!name.startsWith("hn.end.") || name.startsWith("hn.end.logits.")) continue;
    worst = Math.max(
      worst,
      normDifference(named.get(name.slice("hn.end.".length)) ?? [], await file.readFloat32(name)),
    );
  }
  return worst;
}

/**
 * Norm of the difference over the norm of the expected values. AdamW moves a parameter whose gradient is nearly zero by the gradient's sign, so
 * rounding decides where single parameters go; the norm asks about all of them. NaN if the lengths differ.
 */
function normDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (values.length !== expected.length) return Number.NaN;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += ((values[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)) ** 2;
    size += (expected[i] ?? 0) ** 2;
  }
  return Math.sqrt(difference / size);
}
