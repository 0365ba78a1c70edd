// Which ratio a step of training is for: the recipe's own, or one drawn between two bounds by the counter-based noise (method.md 1.7).
import { DRAW, noise } from "../rng.ts";
import type { Recipe } from "./recipe.ts";

/** p of step `step` (0-based); `keep` is the target of a run for one ratio. The same for the same seed and step. */
export function ratioOfStep(
  { ratioMode, keepFrom, keepTo, seed }: Pick<Recipe, "ratioMode" | "keepFrom" | "keepTo" | "seed">,
  step: number,
  keep: number,
): number {
  if (ratioMode === "one") return keep;
  return keepFrom + (keepTo - keepFrom) * noise(seed, step, DRAW.ratio, 0, 0);
}
