// The arguments of structural pruning that make its recipe: for one ratio, and for several.
import { DEFAULT_RECIPE, type Estimator, type GateMode, type Recipe } from "../../engine/recipes/recipe.ts";
import { optionalNumber } from "./arguments.ts";

const text = { type: "string" } as const;
/** For parseValues. */
export const RECIPE_OPTIONS = {
  ...{ method: text, keep: text, steps: text, tokens: text, seed: text, estimator: text, gates: text, lambda: text },
  ...{ "learning-rate": text, "weight-decay": text },
};

/** The recipe of the arguments, not checked yet. Throws a UsageError that names the argument. */
export function readRecipeArguments(values: Readonly<Record<string, unknown>>): Recipe {
  const number = (name: string, fallback: number): number => optionalNumber(values, name) ?? fallback;
  return {
    ...DEFAULT_RECIPE,
    ratio: number("keep", DEFAULT_RECIPE.ratio),
    steps: number("steps", DEFAULT_RECIPE.steps),
    tokens: number("tokens", DEFAULT_RECIPE.tokens),
    seed: number("seed", DEFAULT_RECIPE.seed),
    lambda: number("lambda", DEFAULT_RECIPE.lambda),
    learningRate: number("learning-rate", DEFAULT_RECIPE.learningRate),
    weightDecay: number("weight-decay", DEFAULT_RECIPE.weightDecay),
    estimator: (values["estimator"] ?? DEFAULT_RECIPE.estimator) as Estimator,
    gates: (values["gates"] ?? DEFAULT_RECIPE.gates) as GateMode,
  };
}
