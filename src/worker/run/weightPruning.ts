// One-shot pruning in the worker: prunes single weights, collects the facts that the page shows, and reads windows of a matrix.
import {
  type BlockNorms,
  calibrationSequences,
  checkFits,
  checkWeightRecipe,
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
import type { NamedWindow, PrunedMlp, WeightWindow } from "../payloads/weights.ts";
import type { EncodedText } from "../storage/texts.ts";
import type { PrunedByWeights } from "./pruned.ts";

interface WeightPruningWatch {
  /** Parts done and in total. */
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

/** Prunes by a recipe, which is checked before any work. Throws what `checkWeightRecipe`, `checkFits` and `pruneWeights` throw. */
export async function pruneMlp(
  ctx: Ctx,
  opened: OpenedModel,
  { text, recipe: given }: { text: EncodedText; recipe: WeightRecipe },
  watch: WeightPruningWatch,
): Promise<{ pruned: PrunedByWeights; model: Model }> {
  const { config } = opened;
  const recipe = { ...checkWeightRecipe(given), tokens: Math.min(given.tokens, config.context) };
  checkFits(config, recipe);
  const sequences = recipe.method === "magnitude" ? [] : calibrationSequences(text.ids, recipe);
  const { model, masks, norms } = await ctx.gpu.checked(
    "pruning weights",
    () => pruneWeights(ctx, opened.model, { recipe, sequences }, watch),
    (made) => made.model.free(),
  );
  const calibration = { name: text.name, sha256: text.sha256 };
  const facts = prunedMlpFacts(config, { run: crypto.randomUUID(), recipe, masks, norms });
  return { pruned: { kind: "weights", masks, recipe, facts, calibration }, model };
}

interface PrunedMlpFacts {
  /** Identifies the pruning. */
  run: string;
  recipe: WeightRecipe;
  masks: WeightMasks;
  /** Of each block; empty where they are not known. */
  norms: readonly BlockNorms[];
}

/** What the page shows of pruned weights. */
export function prunedMlpFacts(config: ModelConfig, { masks, ...facts }: PrunedMlpFacts): PrunedMlp {
  return {
    ...facts,
    kept: keptShares(config, keptOfMasks(masks)),
    matrices: masks.map((mask) => ({
      ...mask.matrix,
      direction: directionOf(facts.recipe.method, mask.matrix.part),
      kept: keptOfMasks([mask]).kept,
      bits: mask.bits,
    })),
  };
}

/** The dense values of a part of a matrix, and the scores that decided about them. Throws "config" for a matrix that is not pruned, and what `windowValues` throws. */
export async function weightWindow(
  { config, weights }: OpenedModel,
  { facts, recipe }: PrunedByWeights,
  { name, ...place }: NamedWindow,
): Promise<WeightWindow> {
  const matrix = mlpMatrices(config).find((one) => one.name === name);
  invariant(matrix, "config", `${name} is not a matrix of this model's MLP`);
  const values = await windowValues(weights, matrix, place);
  const scores = windowScores(recipe.method, matrix, { ...place, values, norms: facts.norms[matrix.block] });
  return { name, ...place, values, scores };
}
