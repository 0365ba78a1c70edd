// The memory that a recovery will take beside the dense and the pruned model, counted with the engine's own code.
import type { Ctx } from "../ctx.ts";
import { budgetOf, keptWeights } from "../masks/budget.ts";
import { gateLayout } from "../masks/gates.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { weightsOf } from "../masks/weightMasks.ts";
import type { Model } from "../model/load.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { DEFAULT_RECOVER_RECIPE, type RecoverScope } from "../recipes/recoverRecipe.ts";
import type { RefitRecipe } from "../recipes/refitRecipe.ts";
import { emptyModel, emptyWeights, evaluateOnce } from "../train/emptyModel.ts";
import type { CountAfter } from "../train/memoryPlan.ts";
import { countRefit } from "./refit/countRefit.ts";
import { makeRecoverState, recoverStep } from "./step.ts";
import type { Pruning } from "./storedParts.ts";
import { makeStudent } from "./student.ts";

export interface RecoveryPlan {
  /** Missing where nothing is trained. tokens: of a step. */
  training?: RecoverScope & { tokens: number };
  /** Missing where nothing is refitted. */
  refit?: Pick<RefitRecipe, "matrices" | "sequences" | "tokens">;
  /** Kept share of the block weights of the compact model; missing for single weights, whose model keeps its shapes. */
  ratio?: number;
}

/** Bits of a mask that keeps some weights and drops others, so that the student gets a bitset. */
const SOME_BITS = 0x55555555;
/** Steps of the bisection. */
const HALVINGS = 30;

/**
 * Counts a recovery for a memory plan. `pruned`: the model that it starts from; `recovery`: what it adds, the larger one of refit and training,
 * because one ends before the other starts. Throws "limit" for a matrix that is too large for one buffer.
 */
export const countRecovery =
  ({ training, refit, ratio }: RecoveryPlan): CountAfter =>
  async (ctx, dense, { window, taken }) => {
    const pruning = pruningOf(dense, ratio);
    const model = await prunedModel(ctx, dense, pruning);
    const models = { dense, pruned: model, pruning };
    const pruned = taken();
    const forRefit = refit ? countRefit(ctx, models, refit) : 0;
    taken();
    if (training) countTraining(ctx, models, training, window);
    await emptyModel(ctx, dense.config, { precision: dense.precision });
    return { pruned, recovery: Math.max(forRefit, taken()) };
  };

/** The student's f32 weights or adapters, AdamW's moments, the best weights, a step with the teacher's pass, and the guard. */
function countTraining(
  ctx: Ctx,
  { dense, pruned, pruning }: { dense: Model; pruned: Model; pruning: Pruning },
  { tokens, ...scope }: NonNullable<RecoveryPlan["training"]>,
  window: number,
): void {
  const { config } = dense;
  const student = makeStudent(ctx, pruned, { pruning, recipe: { ...DEFAULT_RECOVER_RECIPE, ...scope } });
  const state = makeRecoverState(ctx, student);
  const ids = new Uint32Array(config.rope ? tokens : Math.min(tokens, config.context));
  const recipe = { learningRate: 1, ...DEFAULT_RECOVER_RECIPE };
  recoverStep(ctx, { dense, student, state }, { recipe, ids });
  evaluateOnce(ctx, student.model, window);
}

function prunedModel(ctx: Ctx, { config, precision }: Model, pruning: Pruning): Promise<Model> {
  if ("masks" in pruning) return emptyModel(ctx, config, { precision });
  const { lists } = pruning;
  const reader = cutReader(emptyWeights(config), config.family, lists);
  return emptyModel(ctx, config, { precision, lists, reader });
}

/** Index lists of equal shares of all vectors that keep `ratio` of the block weights, or masks of single weights. */
function pruningOf({ config }: Model, ratio: number | undefined): Pruning {
  if (ratio === undefined) {
    const bitsOf = (weights: number): Uint32Array<ArrayBuffer> =>
      new Uint32Array(Math.ceil(weights / 32)).fill(SOME_BITS);
    return { masks: mlpMatrices(config).map((matrix) => ({ matrix, bits: bitsOf(weightsOf(matrix)) })) };
  }
  const { sizes } = gateLayout(config);
  const budget = budgetOf(config);
  const countsOf = (share: number): number[] => sizes.map((size) => Math.max(1, Math.round(share * size)));
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const share = (low + high) / 2;
    if (keptWeights(budget, countsOf(share)) < ratio * budget.blockWeights) low = share;
    else high = share;
  }
  return { lists: countsOf(high).map((count) => Uint32Array.from({ length: count }, (_, i) => i)) };
}
