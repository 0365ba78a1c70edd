// A recipe: the small JSON that repeats a run, and its defaults (method.md 1.4; the default run of the embedded model).
import { invariant } from "../errors.ts";

export type Estimator = "reinmax" | "straight-through" | "gumbel";
export const ESTIMATORS: readonly Estimator[] = ["reinmax", "straight-through", "gumbel"];

export interface Recipe {
  method: "disp";
  /** p: kept share of the block weights, 0 to 1. */
  keep: number;
  estimator: Estimator;
  steps: number;
  /** Tokens of one step; one sequence. */
  tokens: number;
  /** Weight of the budget term R. */
  lambda: number;
  learningRate: number;
  weightDecay: number;
  seed: number;
  /** Steps between checkpoints. */
  checkpointEvery: number;
}

export const DEFAULT_RECIPE: Recipe = {
  method: "disp",
  keep: 0.5,
  estimator: "reinmax",
  steps: 600,
  tokens: 128,
  lambda: 6,
  learningRate: 1e-3,
  weightDecay: 0.05,
  seed: 1,
  checkpointEvery: 50,
};

/** Bounds of the numbers of a recipe, for the form, the link and the command line. */
export const RECIPE_BOUNDS = {
  keep: { min: 0.05, max: 1 },
  steps: { min: 1, max: 100_000 },
  tokens: { min: 8, max: 4096 },
  lambda: { min: 0, max: 1000 },
  learningRate: { min: 1e-6, max: 1 },
  weightDecay: { min: 0, max: 10 },
  seed: { min: 0, max: 2 ** 32 - 1 },
  checkpointEvery: { min: 1, max: 100_000 },
} as const;

const WHOLE: ReadonlySet<string> = new Set(["steps", "tokens", "seed", "checkpointEvery"]);

/** Checks every field. Throws EngineError("config") naming the field, its bounds and what came. */
export function checkRecipe(recipe: Recipe): Recipe {
  for (const [field, { min, max }] of Object.entries(RECIPE_BOUNDS)) {
    const value = recipe[field as keyof typeof RECIPE_BOUNDS];
    const whole = WHOLE.has(field);
    invariant(
      Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value)),
      "config",
      `${field} must be a ${whole ? "whole " : ""}number from ${min} to ${max}; ${value} came`,
    );
  }
  invariant(
    ESTIMATORS.includes(recipe.estimator),
    "config",
    `estimator must be one of ${ESTIMATORS.join(", ")}; ${recipe.estimator} came`,
  );
  return recipe;
}
