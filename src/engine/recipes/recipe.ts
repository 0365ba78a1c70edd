// A recipe: the settings that reproduce a run, with their defaults and bounds (METHOD.md 1.4).
import { invariant } from "../errors.ts";

export type Estimator = "reinmax" | "straight-through" | "gumbel";
export const ESTIMATORS: readonly Estimator[] = ["reinmax", "straight-through", "gumbel"];

/** one: the run is for the recipe's `ratio`. every: each step draws a ratio, and the run can make masks for any of them (METHOD.md 1.7). */
export type RatioMode = "one" | "every";
export const RATIO_MODES: readonly RatioMode[] = ["one", "every"];

/**
 * Which gates there are, and what makes their logits: the full method, only s4 (mlp), or one of the paper's ablations (METHOD.md 1.1).
 * constrained: s1, s2, s3 and s5 of all blocks share one vector. no-gru: a linear head for each vector on its own fixed random input.
 * no-hypernetwork: the logits are the parameters. The last two also exist for s4 alone; with mlp, constrained has nothing to share.
 */
export const GATE_MODES = [
  ...(["full", "mlp", "constrained", "no-gru", "no-hypernetwork", "mlp-no-gru", "mlp-no-hypernetwork"] as const),
] as const;
export type GateMode = (typeof GATE_MODES)[number];

/** Whether only s4 is pruned, so that s1, s2, s3 and s5 are all ones. */
export const prunesMlpOnly = (gates: GateMode): boolean => gates.startsWith("mlp");

/** The modes that a hypernetwork makes gate logits for, and so any ratio. */
const HYPERNETWORK_MODES: readonly GateMode[] = ["full", "mlp", "constrained"];

/** What the kept MLP widths are multiples of. */
export const WIDTH_MULTIPLES = [1, 8, 32, 64, 256] as const;
export type WidthMultiple = (typeof WIDTH_MULTIPLES)[number];

export interface Recipe {
  method: "disp";
  gates: GateMode;
  /** The kept width of s4 in each block is a multiple of this, or the full width (METHOD.md 1.5). */
  widthMultiple: WidthMultiple;
  ratioMode: RatioMode;
  /** The kept share of the block weights, p in METHOD.md. In a run for every ratio, the one that the studio shows. */
  ratio: number;
  /** The bounds that the steps of a run for every ratio draw their ratios from. */
  ratioFrom: number;
  ratioTo: number;
  estimator: Estimator;
  steps: number;
  /** Tokens per step, in one sequence. */
  tokens: number;
  /** Weight of the budget term R. */
  lambda: number;
  learningRate: number;
  weightDecay: number;
  seed: number;
  /** Steps between checkpoints. */
  checkpointEvery: number;
}

/** The default run of the embedded model. */
export const DEFAULT_RECIPE: Recipe = {
  method: "disp",
  gates: "full",
  widthMultiple: 1,
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

/** Bounds of a recipe's numbers, for the form, the link and the command line. */
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

/** The names of ratios in files, links and flags. */
const WRITTEN = { ratio: "keep", ratioFrom: "keepFrom", ratioTo: "keepTo" } as const;

/** A recipe as it is stored in files, with ratios under their written names. */
export type RecipeJson = Omit<Recipe, keyof typeof WRITTEN> & { keep: number; keepFrom: number; keepTo: number };

/** The name of a recipe's number in files, links and errors. */
export const writtenName = (field: RecipeNumber): string =>
  Object.hasOwn(WRITTEN, field) ? WRITTEN[field as keyof typeof WRITTEN] : field;

/** The recipe as it is stored in a file; `recipeOf` is the inverse. */
export function recipeJson({ ratio, ratioFrom, ratioTo, ...recipe }: Recipe): RecipeJson {
  const { method, gates, widthMultiple, ratioMode, ...rest } = recipe;
  return { method, gates, widthMultiple, ratioMode, keep: ratio, keepFrom: ratioFrom, keepTo: ratioTo, ...rest };
}

/** The recipe of a file. */
export function recipeOf({ keep, keepFrom, keepTo, ...recipe }: RecipeJson): Recipe {
  const { method, gates, widthMultiple, ratioMode, ...rest } = recipe;
  return { method, gates, widthMultiple, ratioMode, ratio: keep, ratioFrom: keepFrom, ratioTo: keepTo, ...rest };
}

const WHOLE: ReadonlySet<string> = new Set(["steps", "tokens", "seed", "checkpointEvery"]);

/**
 * Returns the value if it is within the field's bounds. Throws EngineError("config") naming the field, its bounds and the value.
 * written: the value as a person wrote it, for the message.
 */
export function checkRecipeNumber(field: RecipeNumber, value: number, written = String(value)): number {
  const { min, max } = RECIPE_BOUNDS[field];
  const whole = WHOLE.has(field);
  invariant(
    Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value)),
    "config",
    `${writtenName(field)}: expected a ${whole ? "whole " : ""}number from ${min} to ${max}, got ${written}`,
  );
  return value;
}

/** AdamW's constants, the same for every recipe and for recoveries (METHOD.md 1.4). */
export const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;

/** Checks every field and their combination. Throws EngineError("config") naming the field, what was expected and what it got. */
export function checkRecipe(recipe: Recipe): Recipe {
  for (const field of RECIPE_NUMBERS) checkRecipeNumber(field, recipe[field]);
  const { gates, widthMultiple, ratioFrom, ratioTo, ratioMode } = recipe;
  invariant(GATE_MODES.includes(gates), "config", `gates: expected one of ${GATE_MODES.join(", ")}, got ${gates}`);
  invariant(
    WIDTH_MULTIPLES.includes(widthMultiple),
    "config",
    `widthMultiple: expected one of ${WIDTH_MULTIPLES.join(", ")}, got ${widthMultiple}`,
  );
  invariant(
    RATIO_MODES.includes(ratioMode),
    "config",
    `ratioMode: expected one of ${RATIO_MODES.join(", ")}, got ${ratioMode}`,
  );
  invariant(
    ratioMode === "one" || HYPERNETWORK_MODES.includes(gates),
    "config",
    `gates: expected full, mlp or constrained, got ${gates}. A run for every ratio needs a hypernetwork; train this one for one ratio.`,
  );
  invariant(
    ratioMode === "one" || ratioFrom <= ratioTo,
    "config",
    `keepFrom: expected at most keepTo, got keepFrom ${ratioFrom} and keepTo ${ratioTo}. Lower keepFrom or raise keepTo.`,
  );
  invariant(
    ESTIMATORS.includes(recipe.estimator),
    "config",
    `estimator: expected one of ${ESTIMATORS.join(", ")}, got ${recipe.estimator}`,
  );
  return recipe;
}
