// The two readings of the slider (METHOD.md 1.4): the kept share of the block weights, and of the entire model.
import { lowestRatio, lowestReason, type Recipe, RECIPE_BOUNDS } from "../../engine/index.ts";
import { percent } from "../../shared/format.ts";
import type { ModelFacts } from "../../worker/protocol.ts";
import type { ModelSlice } from "../model/modelState.ts";

type Parameters = Pick<ModelFacts["parameters"], "blocks" | "total">;
export type RatioUnit = "blocks" | "model";

/** Kept share of the model for a ratio p of the block weights: (p Blocks + Rest) / Total. */
export function modelRatioOf(ratio: number, { blocks, total }: Parameters): number {
  return (ratio * blocks + (total - blocks)) / total;
}

/** The ratio of the block weights that keeps `share` of the model; below 0 or above 1 if there is none. */
export function blockRatioOf(share: number, { blocks, total }: Parameters): number {
  return (share * total - (total - blocks)) / blocks;
}

/** The lowest ratio that can be asked for, and why, if the recipe's gates do not reach the lowest one of any recipe. */
interface Lowest {
  ratio: number;
  reason?: string;
}

/** Of the recipe on the open model. */
export function lowestOf({ model, recipe }: { model: ModelSlice["model"]; recipe: Recipe }): Lowest {
  if (model.phase !== "open") return { ratio: RECIPE_BOUNDS.ratio.min };
  const ratio = lowestRatio(model.facts, recipe);
  return ratio > RECIPE_BOUNDS.ratio.min ? { ratio, reason: lowestReason(recipe) } : { ratio };
}

/** The nearest ratio that can be asked for. */
export function clampRatio(ratio: number, lowest: number = RECIPE_BOUNDS.ratio.min): number {
  return Math.min(RECIPE_BOUNDS.ratio.max, Math.max(lowest, ratio));
}

/** The ratio for a share of the model; if that share cannot be kept, the nearest ratio and one sentence why. */
type ModelTarget = { reachable: true; ratio: number } | { reachable: false; ratio: number; reason: string };

/** Translates a kept share of the model, 0..1. */
export function targetOfModel(
  share: number,
  parameters: Parameters,
  { ratio: min, reason: why }: Lowest = { ratio: RECIPE_BOUNDS.ratio.min },
): ModelTarget {
  const ratio = blockRatioOf(share, parameters);
  const nearest = clampRatio(ratio, min);
  if (Math.abs(nearest - ratio) < 1e-9) return { reachable: true, ratio: nearest };
  const { blocks, total } = parameters;
  const rest = percent((total - blocks) / total);
  const lowest = percent(modelRatioOf(min, parameters));
  if (ratio <= 1 && why) return { reachable: false, ratio: nearest, reason: `Can't go below ${lowest}. ${why}.` };
  const reason =
    ratio > 1
      ? `Can't keep ${percent(share)}: pruning does not make a model larger.`
      : `Can't go below ${lowest}: embeddings, head and norms (${rest}) are never pruned, and at least ${percent(min, 0)} of the block weights (${percent((min * blocks) / total)} of the model) stay, so that every block has something left.`;
  return { reachable: false, ratio: nearest, reason };
}
