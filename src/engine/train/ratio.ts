// Which ratio a step of training is for: the recipe's own, or one drawn between two bounds by the counter-based noise.
import { DRAW, uniformNoise } from "../rng.ts";
import type { Recipe } from "../recipes/recipe.ts";

/** Above 1, small ratios are drawn more often: they lose most by it when all are drawn alike (bench/quality.md, what was tried). */
const POWER = 1.5;

type Bounds = Pick<Recipe, "ratioMode" | "ratioFrom" | "ratioTo">;

/** p of step `step` (0-based); `keep` is the target of a run for one ratio. The same for the same seed and step. */
export function ratioOfStep(
  { ratioMode, ratioFrom, ratioTo, seed }: Bounds & Pick<Recipe, "seed">,
  step: number,
  ratio: number,
): number {
  if (ratioMode === "one") return ratio;
  return ratioFrom + (ratioTo - ratioFrom) * uniformNoise({ seed, step, draw: DRAW.ratio }) ** POWER;
}

/** What a run is told so that its logits are for `keep`: a run for every ratio knows those between its bounds, and beyond them the nearest. */
export function trainedRatio({ ratioMode, ratioFrom, ratioTo }: Bounds, ratio: number): number {
  return ratioMode === "one" ? ratio : Math.min(ratioTo, Math.max(ratioFrom, ratio));
}

/** Kept shares to draw a run's curve from: `count` of them over its bounds, ascending, each a whole percent as the slider steps. */
export function ratiosOf({ ratioFrom, ratioTo }: Pick<Bounds, "ratioFrom" | "ratioTo">, count: number): number[] {
  const ratios = Array.from(
    { length: count },
    (_, i) => ratioFrom + ((ratioTo - ratioFrom) * i) / Math.max(1, count - 1),
  );
  return [...new Set(ratios.map((ratio) => Math.round(100 * ratio) / 100))].sort((a, b) => a - b);
}
