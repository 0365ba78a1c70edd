// The smallest ratio that the gates of a recipe reach: what they cannot remove, and at least one gate per vector (METHOD.md 1.5).
import { S4, vectorSizes, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { EngineError } from "../errors.ts";
import type { ModelConfig } from "../config/config.ts";
import { prunesMlpOnly, type Recipe, RECIPE_BOUNDS, writtenName } from "../recipes/recipe.ts";
import { gateCosts, keptInBlock } from "./budget.ts";

/** The sizes of a model that its budget depends on. */
type BudgetShape = Pick<ModelConfig, "dModel" | "dMlp" | "heads" | "kvHeads" | "headDim" | "glu">;
type Gates = Pick<Recipe, "gates" | "widthMultiple">;

/**
 * The smallest kept share of the block weights that an architecture of these gates can have, rounded up to the tenth of a percent that is
 * shown; RECIPE_BOUNDS' smallest if that is larger.
 */
export function lowestRatio(shape: BudgetShape, { gates, widthMultiple }: Gates): number {
  const sizes = vectorSizes(shape);
  const least = sizes.map((size, k) => {
    if (k % VECTORS_PER_BLOCK === S4) return Math.min(widthMultiple, size);
    return prunesMlpOnly(gates) ? size : 1;
  });
  const costs = gateCosts(shape);
  const share = keptInBlock(costs, least, 0) / keptInBlock(costs, sizes, 0);
  return Math.max(RECIPE_BOUNDS.ratio.min, Math.ceil(1000 * share - 1e-9) / 1000);
}

/** Why these gates do not reach smaller ratios. */
export function lowestReason({ gates, widthMultiple }: Gates): string {
  return prunesMlpOnly(gates)
    ? `With gates ${gates} only s4 is pruned, so attention and at least ${widthMultiple} of each MLP's dimensions stay`
    : `At least one gate of each vector stays, and ${widthMultiple} of s4`;
}

/**
 * Throws EngineError("config") naming the field, its value and the reachable ratios, if the recipe asks for a ratio that its gates cannot
 * reach. A run for every ratio must reach its smallest bound too.
 */
export function checkReachable(
  shape: BudgetShape,
  recipe: Gates & Pick<Recipe, "ratio" | "ratioFrom" | "ratioMode">,
): void {
  const lowest = lowestRatio(shape, recipe);
  const fields = recipe.ratioMode === "every" ? (["ratio", "ratioFrom"] as const) : (["ratio"] as const);
  for (const field of fields) {
    if (recipe[field] >= lowest) continue;
    const otherwise = prunesMlpOnly(recipe.gates) ? "choose gates full" : "lower widthMultiple";
    throw new EngineError(
      "config",
      `${writtenName(field)}: expected a ratio from ${lowest} to 1, got ${recipe[field]}. ${lowestReason(recipe)}. Raise it, or ${otherwise}.`,
      { lowest },
    );
  }
}
