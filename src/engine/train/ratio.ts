// Which ratio a step of training is for: the recipe's own, or one drawn between two bounds by the counter-based noise.
import { DRAW, uniformNoise } from "../rng.ts";
import type { Recipe } from "../recipes/recipe.ts";

/** Above 1, small ratios are drawn more often: with uniform draws their models lose the most (bench/quality.md, what was tried). */
const POWER = 1.5;

type Bounds = Pick<Recipe, "ratioMode" | "ratioFrom" | "ratioTo">;

/** The ratio of step `step` (from 0); `ratio` is that of a run for one ratio. Equal seeds and steps give equal ratios. */
export function ratioOfStep(
  { ratioMode, ratioFrom, ratioTo, seed }: Bounds & Pick<Recipe, "seed">,
  step: number,
  ratio: number,
): number {
  if (ratioMode === "one") return ratio;
  return ratioFrom + (ratioTo - ratioFrom) * uniformNoise({ seed, step, draw: DRAW.ratio }) ** POWER;
}

/** The ratio that a run makes gate logits for when it is asked for `ratio`: the nearest one within the bounds of a run for every ratio. */
export function trainedRatio({ ratioMode, ratioFrom, ratioTo }: Bounds, ratio: number): number {
  return ratioMode === "one" ? ratio : Math.min(ratioTo, Math.max(ratioFrom, ratio));
}

/**
 * Ratios for the curve of a run: up to `count` of them, evenly spread over its bounds, ascending, rounded to whole percents like the slider
 * but never beyond the bounds.
 */
export function ratiosOf({ ratioFrom, ratioTo }: Pick<Bounds, "ratioFrom" | "ratioTo">, count: number): number[] {
  // a run for one ratio does not use its bounds, so they may be the wrong way round
  const [low, high] = [Math.min(ratioFrom, ratioTo), Math.max(ratioFrom, ratioTo)];
  const ratios = Array.from({ length: count }, (_, i) => {
    const ratio = low + ((high - low) * i) / Math.max(1, count - 1);
    return Math.min(high, Math.max(low, Math.round(100 * ratio) / 100));
  });
  return [...new Set(ratios)];
}
