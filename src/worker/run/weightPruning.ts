// One-shot pruning in the worker: single weights pruned with progress, what the page is told of them, and windows into a matrix.
import {
  calibrationSequences,
  checkFits,
  checkWeightRecipe,
  type BlockNorms,
  type Ctx,
  directionOf,
  invariant,
  keptOfMasks,
  keptShares,
  mlpMatrices,
  type Model,
  type ModelConfig,
  type OpenedModel,
  pruneWeights,
  type WeightMasks,
  type WeightRecipe,
  windowScores,
  windowValues,
} from "../../engine/index.ts";
import type { Command, PrunedMlp, WeightWindow } from "../protocol.ts";
import type { PrunedByWeights } from "./prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";

export interface WeightPruningWatch {
  /** Parts done and in all. */
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

/** Prunes, by a recipe that was checked before any work. Throws what `checkWeightRecipe`, `checkFits` and `pruneWeights` throw. */
export async function pruneMlp(
  ctx: Ctx,
  opened: OpenedModel,
  text: EncodedText,
  asked: WeightRecipe,
  watch: WeightPruningWatch,
): Promise<{ pruned: PrunedByWeights; model: Model }> {
  const { config } = opened;
  const recipe = { ...checkWeightRecipe(asked), tokens: Math.min(asked.tokens, config.context) };
  checkFits(config, recipe);
  const sequences = recipe.method === "magnitude" ? [] : calibrationSequences(text.ids, recipe);
  const { model, masks, norms } = await ctx.gpu.checked(
    "pruning weights",
    () => pruneWeights(ctx, opened.model, { recipe, sequences }, watch),
    (made) => made.model.free(),
  );
  const calibration = { name: text.name, sha256: text.sha256 };
  const told = prunedMlpFacts(config, recipe, masks, norms, crypto.randomUUID());
  return { pruned: { kind: "weights", masks, recipe, told, calibration }, model };
}

/** What the page shows of pruned weights. run: names the pruning. */
export function prunedMlpFacts(
  config: ModelConfig,
  recipe: WeightRecipe,
  masks: WeightMasks,
  norms: readonly BlockNorms[],
  run: string,
): PrunedMlp {
  return {
    run,
    recipe,
    norms,
    kept: keptShares(config, keptOfMasks(masks)),
    matrices: masks.map((mask) => ({
      ...mask.matrix,
      direction: directionOf(recipe.method, mask.matrix.part),
      kept: keptOfMasks([mask]).kept,
      bits: mask.bits,
    })),
  };
}

/** Dense values of a part of a matrix, and the scores that they were compared by. Throws "config" for a matrix that is not pruned, and what `windowValues` throws. */
export async function weightWindow(
  { config, weights }: OpenedModel,
  { told, recipe }: PrunedByWeights,
  { name, ...window }: Omit<Extract<Command, { type: "weightWindow" }>, "type">,
): Promise<WeightWindow> {
  const matrix = mlpMatrices(config).find((one) => one.name === name);
  invariant(matrix, "config", `${name} is not a matrix of this model's MLP`);
  const values = await windowValues(weights, matrix, window);
  const scores = windowScores(recipe.method, matrix, { ...window, values, norms: told.norms[matrix.block] });
  return { name, ...window, values, scores };
}
