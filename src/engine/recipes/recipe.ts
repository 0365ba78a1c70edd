// A recipe: the small JSON that repeats a run, and its defaults (METHOD.md 1.4; the default run of the embedded model).
import { invariant } from "../errors.ts";

export type Estimator = "reinmax" | "straight-through" | "gumbel";
export const ESTIMATORS: readonly Estimator[] = ["reinmax", "straight-through", "gumbel"];

/** one: the run is for the ratio `keep`. every: each step draws a ratio, and any of them can be asked for afterwards (METHOD.md 1.7). */
export type RatioMode = "one" | "every";
export const RATIO_MODES: readonly RatioMode[] = ["one", "every"];

/**
 * What the gates' logits come from: the whole method, or one of the paper's ablations of it (METHOD.md 1.1). constrained: s1, s2, s3 and
 * s5 of all blocks are one vector. no-gru: a linear head for each vector on its own fixed random input. no-hypernetwork: free logits.
 */
export type GateMode = "full" | "constrained" | "no-gru" | "no-hypernetwork";
export const GATE_MODES: readonly GateMode[] = ["full", "constrained", "no-gru", "no-hypernetwork"];

export interface Recipe {
  method: "disp";
  gates: GateMode;
  ratioMode: RatioMode;
  /** p: kept share of the block weights, within RECIPE_BOUNDS. In a run for every ratio it is the one that is shown. */
  ratio: number;
  /** Bounds of the ratios that the steps of a run for every ratio draw. */
  ratioFrom: number;
  ratioTo: number;
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
  gates: "full",
  ratioMode: "one",
  ratio: 0.5,
  ratioFrom: 0.35,
  ratioTo: 0.95,
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
  ratio: { min: 0.05, max: 1 },
  ratioFrom: { min: 0.05, max: 1 },
  ratioTo: { min: 0.05, max: 1 },
  steps: { min: 1, max: 100_000 },
  tokens: { min: 8, max: 4096 },
  lambda: { min: 0, max: 1000 },
  learningRate: { min: 1e-6, max: 1 },
  weightDecay: { min: 0, max: 10 },
  seed: { min: 0, max: 2 ** 32 - 1 },
  checkpointEvery: { min: 1, max: 100_000 },
} as const;

export type RecipeNumber = keyof typeof RECIPE_BOUNDS;
export const RECIPE_NUMBERS = Object.keys(RECIPE_BOUNDS) as RecipeNumber[];

/** What files, links and the command line call a ratio. */
const WRITTEN = { ratio: "keep", ratioFrom: "keepFrom", ratioTo: "keepTo" } as const;

/** A recipe as files hold it: every ratio under its written name. */
export type RecipeJson = Omit<Recipe, keyof typeof WRITTEN> & { keep: number; keepFrom: number; keepTo: number };

/** The name of a number of the recipe in files, links and errors. */
export const writtenName = (field: RecipeNumber): string =>
  Object.hasOwn(WRITTEN, field) ? WRITTEN[field as keyof typeof WRITTEN] : field;

/** The recipe as a file holds it; `recipeOf` is the way back. */
export function recipeJson({ method, gates, ratioMode, ratio, ratioFrom, ratioTo, ...rest }: Recipe): RecipeJson {
  return { method, gates, ratioMode, keep: ratio, keepFrom: ratioFrom, keepTo: ratioTo, ...rest };
}

/** The recipe that a file holds. */
export function recipeOf({ method, gates, ratioMode, keep, keepFrom, keepTo, ...rest }: RecipeJson): Recipe {
  return { method, gates, ratioMode, ratio: keep, ratioFrom: keepFrom, ratioTo: keepTo, ...rest };
}

const WHOLE: ReadonlySet<string> = new Set(["steps", "tokens", "seed", "checkpointEvery"]);

/** Throws EngineError("config") naming the field, its bounds and its value. */
export function checkRecipeNumber(field: RecipeNumber, value: number): number {
  const { min, max } = RECIPE_BOUNDS[field];
  const whole = WHOLE.has(field);
  invariant(
    Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value)),
    "config",
    `${writtenName(field)}: expected a ${whole ? "whole " : ""}number from ${min} to ${max}, got ${value}`,
  );
  return value;
}

/** Checks every field, and that they go together. Throws EngineError("config") naming the field, what was expected and what it got. */
export function checkRecipe(recipe: Recipe): Recipe {
  for (const field of RECIPE_NUMBERS) checkRecipeNumber(field, recipe[field]);
  const { gates, ratioFrom, ratioTo, ratioMode } = recipe;
  invariant(GATE_MODES.includes(gates), "config", `gates: expected one of ${GATE_MODES.join(", ")}, got ${gates}`);
  invariant(
    RATIO_MODES.includes(ratioMode),
    "config",
    `ratioMode: expected one of ${RATIO_MODES.join(", ")}, got ${ratioMode}`,
  );
  invariant(
    ratioMode === "one" || gates === "full" || gates === "constrained",
    "config",
    `gates: expected full or constrained, got ${gates}: a run for every ratio needs a hypernetwork that takes the ratio. Train it for one ratio`,
  );
  invariant(
    ratioMode === "one" || ratioFrom <= ratioTo,
    "config",
    `keepFrom: expected at most keepTo, got keepFrom ${ratioFrom} and keepTo ${ratioTo}`,
  );
  invariant(
    ESTIMATORS.includes(recipe.estimator),
    "config",
    `estimator: expected one of ${ESTIMATORS.join(", ")}, got ${recipe.estimator}`,
  );
  return recipe;
}
