// Golden checks of a recovery: the KL of twelve steps on PyTorch's batches, and the trained weights of the last block.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { cutMatrix, indexLists, keptOf } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { tensorGates } from "../masks/tensorGates.ts";
import { loadModel, type Model } from "../model/load.ts";
import { METRICS } from "../ops/metrics.ts";
import { type Check, check, worstDifference } from "../ops/registry/parity.ts";
import { writeStepState } from "../ops/kit/stepState.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { rateOfStep } from "../recipes/recoverRecipe.ts";
import { freeRecoverState, makeRecoverState, recoverStep } from "../recover/step.ts";
import { makeStudent } from "../recover/student.ts";
import type { Student } from "../recover/trained.ts";
import type { GoldenCase, GoldenRecovery } from "./case.ts";
import { limitsOf, lossCheck } from "./model.ts";

/** Recovers the compact model of the case's hard masks, by all matrices or adapters on them, and compares every step and the result. */
export async function checkRecovery(
  ctx: Ctx,
  golden: GoldenCase,
  [name, recovery]: readonly [name: string, GoldenRecovery],
  dense: Model,
): Promise<Check[]> {
  const { config } = golden;
  const masks = await Promise.all(gateLayout(config).sizes.map((_, i) => golden.mask(`hard.mask.${i}`)));
  const lists = indexLists(masks);
  const { precision } = dense;
  const pruned = await loadModel(ctx, config, cutReader(golden.weights, config.family, lists), { lists, precision });
  const { steps, lr: learningRate, weight_decay: weightDecay, rank, seed = 0 } = recovery.info.recipe;
  const recipe = { learningRate, weightDecay, hiddenWeight: recovery.info.recipe.hidden_weight };
  const trained = { matrices: "all", seed, ...(rank === undefined ? {} : { rank }) } as const;
  const student = makeStudent(ctx, pruned, { pruning: { lists }, recipe: trained });
  const state = makeRecoverState(ctx, student);
  const limits = limitsOf(dense);
  try {
    const ids = await golden.ids("train.ids");
    const tokens = ids.length / steps;
    await ctx.gpu.checked("twelve golden steps of a recovery", () => {
      for (let step = 0; step < steps; step++) {
        writeStepState(ctx, state.step, { seed: 0, step, ratio: 1, rate: rateOfStep({ steps }, step) });
        const batch = ids.slice(step * tokens, (step + 1) * tokens);
        recoverStep(ctx, { dense, student, state }, { recipe, ids: batch });
      }
    });
    const ring = await ctx.read(state.ring);
    const worst = recovery.info.kl.map((value, step) => Math.abs((ring[step * METRICS] ?? Number.NaN) - value));
    const input = await golden.ids("ids");
    const { value } = await perplexity(ctx, student.model, input, { context: input.length });
    return [
      check(`${name}.kl`, Math.max(...worst), limits.trainingLoss),
      lossCheck(`${name}.loss`, Math.log(value), recovery.info.loss, limits.trainingLoss),
      check(`${name}.weights`, await weightDifference(golden, recovery, student, lists), limits.trained),
    ];
  } finally {
    freeRecoverState(ctx, state);
    student.free();
    pruned.free();
  }
}

/** The worst difference of a kept weight, as a share of its tensor's largest. */
async function weightDifference(
  { config, weights }: GoldenCase,
  { file }: GoldenRecovery,
  { trained, values }: Student,
  lists: readonly Uint32Array[],
): Promise<number> {
  const thetas = trained.map(({ theta }) => theta);
  const found = await values(thetas, weights);
  let worst = 0;
  for (const name of file.tensors.keys()) {
    const tensor = name.slice("end.".length);
    const [ours, shape] = [found.get(tensor), file.tensors.get(name)?.shape];
    invariant(ours && shape, "format", `${tensor}: no trained tensor has this name`);
    const gates = tensorGates(config.family, tensor);
    const kept = (all: Float32Array<ArrayBuffer>): Float32Array =>
      new Float32Array(cutMatrix(new Uint8Array(all.buffer), "F32", shape, gates ? keptOf(gates, lists) : {}).buffer);
    worst = Math.max(worst, worstDifference(kept(ours), kept(await file.readFloat32(name))));
  }
  return worst;
}
