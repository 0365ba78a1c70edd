// Golden checks of training: the hypernetwork's logits, twelve steps with PyTorch's noise and batches, and what they end in.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Model } from "../model/load.ts";
import { METRICS } from "../ops/metrics.ts";
import { type Check, check, worstDifference } from "../ops/parity.ts";
import { writeStepState } from "../ops/stepState.ts";
import { budgetOf } from "../prune/budget.ts";
import { flatten, type GateLayout, gateLayout, unflatten } from "../prune/gates.ts";
import { Hypernet } from "../prune/hypernet.ts";
import type { Estimator } from "../train/recipe.ts";
import { freeTrainState, makeTrainState, type TrainState } from "../train/state.ts";
import { trainStep } from "../train/step.ts";
import type { GoldenCase } from "./case.ts";
import { LIMITS } from "./model.ts";

/** The reference's names of estimators. */
const ESTIMATORS: Record<string, Estimator> = { reinmax: "reinmax", st: "straight-through" };

/** Trains as many steps as the case has, and compares every one of them. */
export async function checkTraining(ctx: Ctx, golden: GoldenCase, model: Model): Promise<Check[]> {
  const { train } = golden.info;
  invariant(train, "bug", "this case has no training");
  const layout = gateLayout(golden.config);
  const arrays = new Map<string, Float32Array<ArrayBuffer>>([["z", await golden.floats("hn.z")]]);
  for (const name of golden.file.tensors.keys()) {
    if (name.startsWith("hn.start.")) arrays.set(name.slice("hn.start.".length), await golden.floats(name));
  }
  const state = makeTrainState(ctx, Hypernet.fromNamed(ctx, layout, arrays), budgetOf(golden.config), train.recipe.lam);
  try {
    return [
      check("hypernet.logits", await logitDifference(ctx, golden, state, layout, "hn.logits"), LIMITS.logits),
      ...(await checkSteps(ctx, golden, model, state, layout)),
      check("train.logits", await logitDifference(ctx, golden, state, layout, "hn.end.logits"), LIMITS.trained),
      check("train.weights", await weightDifference(ctx, golden, state), LIMITS.trained),
    ];
  } finally {
    freeTrainState(ctx, state);
  }
}

async function checkSteps(ctx: Ctx, golden: GoldenCase, model: Model, state: TrainState, layout: GateLayout): Promise<Check[]> {
  const { train } = golden.info;
  invariant(train, "bug", "this case has no training");
  const { recipe } = train;
  const estimator = ESTIMATORS[recipe.estimator];
  invariant(estimator, "unsupported", `the estimator "${recipe.estimator}" of a golden case is not one of ${Object.keys(ESTIMATORS).join(", ")}`);
  const ids = await golden.ids("train.ids");
  const uniform = await golden.floats("train.u");
  const tokens = ids.length / recipe.steps;
  const gates = uniform.length / recipe.steps;
  await ctx.gpu.checked("twelve golden steps", () => {
    for (let step = 0; step < recipe.steps; step++) {
      writeStepState(ctx, state.step, { seed: 0, step, keep: recipe.p });
      trainStep(ctx, model, state, { estimator, learningRate: recipe.lr, weightDecay: recipe.weight_decay }, {
        ids: ids.slice(step * tokens, (step + 1) * tokens),
        noise: flatVectors(layout, uniform.subarray(step * gates, (step + 1) * gates)),
      });
    }
  });
  const ring = await ctx.read(state.ring);
  const worst = (column: number, expected: readonly number[]): number =>
    Math.max(...expected.map((value, step) => Math.abs((ring[step * METRICS + column] ?? Number.NaN) - value)));
  return [
    check("train.loss", worst(0, train.lm_loss), LIMITS.trainingLoss),
    check("train.penalty", worst(1, train.penalty), LIMITS.trainingLoss),
    check("train.kept", worst(2, train.kept_block_weights), LIMITS.exact),
  ];
}

/** Vectors one behind the other, without padding, as the golden files have them. */
function flatVectors(layout: GateLayout, values: Float32Array): Float32Array {
  let first = 0;
  return flatten(
    layout,
    layout.sizes.map((size) => values.subarray(first, (first += size))),
  );
}

async function logitDifference(ctx: Ctx, golden: GoldenCase, state: TrainState, layout: GateLayout, name: string): Promise<number> {
  const flat = await ctx.read(await ctx.gpu.checked("the hypernetwork", () => ctx.step(() => state.hypernet.forward(ctx))));
  const expected: number[] = [];
  const found: number[] = [];
  for (const [i, vector] of unflatten(layout, flat).entries()) {
    expected.push(...(await golden.floats(`${name}.${i}`)));
    found.push(...vector);
  }
  return worstDifference(found, expected);
}

/** GRU and LayerNorm after the last step, the worst of them by its own largest value. */
async function weightDifference(ctx: Ctx, golden: GoldenCase, state: TrainState): Promise<number> {
  const named = await state.hypernet.toNamed(ctx);
  let worst = 0;
  for (const name of golden.file.tensors.keys()) {
    if (!name.startsWith("hn.end.") || name.startsWith("hn.end.logits.")) continue;
    worst = Math.max(worst, worstDifference(named.get(name.slice("hn.end.".length)) ?? [], await golden.floats(name)));
  }
  return worst;
}
