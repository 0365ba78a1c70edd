// The entries of a link that are part of a recipe.
import {
  checkRecipeNumber,
  checkWeightRecipe,
  EngineError,
  WEIGHT_METHODS,
  WEIGHT_RECIPE_BOUNDS,
  WIDTH_MULTIPLES,
  writtenName,
} from "../../../engine/index.ts";
import type { Recipe, RecipeNumber } from "../../../engine/index.ts";
import type { LinkField } from "./linked.ts";
import { numberIn, oneOf, shown, shownValue } from "./values.ts";

/** Significant digits of a number in a link. */
const DIGITS = 12;

export const recipeNumber = (field: RecipeNumber): LinkField => ({
  key: writtenName(field),
  write: ({ recipe }) => String(Number(recipe[field].toPrecision(DIGITS))),
  read: (value, linked) => ({
    ...linked,
    recipe: { ...linked.recipe, [field]: checkRecipeNumber(field, numberIn(value), shownValue(value)) },
  }),
});

export const recipeChoice = <K extends "estimator" | "gates" | "ratioMode">(
  key: K,
  choices: readonly Recipe[K][],
): LinkField => ({
  key,
  write: ({ recipe }) => recipe[key],
  read: (value, linked) => ({ ...linked, recipe: { ...linked.recipe, [key]: oneOf(key, choices, value) } }),
});

export const WIDTH_MULTIPLE: LinkField = {
  key: "widthMultiple",
  write: ({ recipe }) => String(recipe.widthMultiple),
  read(value, linked) {
    const widthMultiple = WIDTH_MULTIPLES.find((one) => String(one) === value);
    if (widthMultiple === undefined)
      throw new EngineError(
        "config",
        `widthMultiple: expected one of ${WIDTH_MULTIPLES.join(", ")}, got ${shownValue(value)}`,
      );
    return { ...linked, recipe: { ...linked.recipe, widthMultiple } };
  },
};

export const METHOD: LinkField = {
  key: "method",
  write: ({ method }) => method,
  read(value, linked) {
    const method = oneOf("method", WEIGHT_METHODS, value);
    return { ...linked, method, weightRecipe: { ...linked.weightRecipe, method } };
  },
};

export const PATTERN: LinkField = {
  key: "pattern",
  write: ({ weightRecipe }) => weightRecipe.pattern,
  read: (value, linked) => ({
    ...linked,
    weightRecipe: checkWeightRecipe({ ...linked.weightRecipe, pattern: shown(value) }),
  }),
};

/** key: the field's name in the link, where "tokens" and "seed" are those of a training. */
export const weightNumber = (key: string, field: keyof typeof WEIGHT_RECIPE_BOUNDS): LinkField => ({
  key,
  write: ({ weightRecipe }) => String(weightRecipe[field]),
  read(value, linked) {
    const { min, max } = WEIGHT_RECIPE_BOUNDS[field];
    const number = numberIn(value);
    if (!Number.isInteger(number) || number < min || number > max)
      throw new EngineError(
        "config",
        `${key}: expected a whole number from ${min} to ${max}, got ${shownValue(value)}`,
      );
    return { ...linked, weightRecipe: { ...linked.weightRecipe, [field]: number } };
  },
});
