// Golden checks of training: the hypernetwork's logits, twelve steps with PyTorch's noise and batches, and what they end in.
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

/** The reference's names of estimators. */
const ESTIMATORS: Record<string, Estimator> = { reinmax: "reinmax", st: "straight-through" };

/** Trains as many steps as `golden` has, and compares every one of them. The checks are called `name`.x. */
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
  try {
    return [
      check(`${name}.hypernet`, await logitDifference(ctx, golden, state, layout, "hn.logits"), GOLDEN_LIMITS.logits),
      ...(await checkSteps(ctx, name, golden, model, state, layout)),
      check(`${name}.logits`, await logitDifference(ctx, golden, state, layout, "hn.end.logits"), limits.trained),
      ...(gateModel instanceof Hypernet
        ? [check(`${name}.weights`, await weightDifference(ctx, golden, gateModel), limits.trained)]
        : []),
    ];
  } finally {
    freeTrainState(ctx, state);
  }
}

async function checkSteps(
  ctx: Ctx,
  name: string,
  { file, info }: GoldenTraining,
  model: Model,
  state: TrainState,
  layout: GateLayout,
): Promise<Check[]> {
  const { recipe } = info;
  const limits = limitsOf(model);
  const estimator = ESTIMATORS[recipe.estimator];
  invariant(
    estimator,
    "unsupported",
    `the estimator "${recipe.estimator}" of a golden case is not one of ${Object.keys(ESTIMATORS).join(", ")}`,
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
      state.gateModel.aim(ctx, ratio);
      trainStep(
        ctx,
        model,
        state,
        { estimator, learningRate: recipe.lr, weightDecay: recipe.weight_decay },
        {
          ids: ids.slice(step * tokens, (step + 1) * tokens),
          noise: flatVectors(layout, uniform.subarray(step * gates, (step + 1) * gates)),
        },
      );
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

/** Vectors one behind the other, without padding, as the golden files have them. */
function flatVectors(layout: GateLayout, values: Float32Array): Float32Array {
  let first = 0;
  return flatten(
    layout,
    layout.sizes.map((size) => values.subarray(first, (first += size))),
  );
}

/** Of the hypernetwork's logits as it is now, aimed at the recipe's p. */
async function logitDifference(
  ctx: Ctx,
  { file, info }: GoldenTraining,
  { gateModel }: TrainState,
  layout: GateLayout,
  name: string,
): Promise<number> {
  gateModel.aim(ctx, info.recipe.p);
  const flat = await ctx.read(await ctx.gpu.checked("the hypernetwork", () => ctx.step(() => gateModel.forward(ctx))));
  const expected: number[] = [];
  const found: number[] = [];
  for (const [i, vector] of unflatten(layout, flat).entries()) {
    expected.push(...(await file.readFloat32(`${name}.${i}`)));
    found.push(...vector);
  }
  return worstDifference(found, expected);
}

/** Of all parameters but the heads after the last step, the worst of them by its own largest value. */
async function weightDifference(ctx: Ctx, { file }: GoldenTraining, hypernet: Hypernet): Promise<number> {
  const named = await hypernet.toNamed(ctx);
  let worst = 0;
  for (const name of file.tensors.keys()) {
    if (!name.startsWith("hn.end.") || name.startsWith("hn.end.logits.")) continue;
    worst = Math.max(
      worst,
      worstDifference(named.get(name.slice("hn.end.".length)) ?? [], await file.readFloat32(name)),
    );
  }
  return worst;
}
