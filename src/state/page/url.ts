// The recipes and the bundled texts in the page's link, both ways. What equals the default is left out.
import {
  checkRecipe,
  checkRecipeNumber,
  checkWeightRecipe,
  DEFAULT_RECIPE,
  DEFAULT_WEIGHT_RECIPE,
  EngineError,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  RECIPE_NUMBERS,
  WEIGHT_METHODS,
  writtenName,
} from "../../engine/index.ts";
import type { Recipe, RecipeNumber, WeightMethod, WeightRecipe } from "../../engine/index.ts";
import type { TextSource } from "../../shared/texts.ts";
import { BUNDLED_TEXTS, DEFAULT_TEXTS } from "../../shared/texts.ts";
import type { BundledName } from "../../shared/texts.ts";

/** What a link carries. */
export interface Linked {
  method: "disp" | WeightMethod;
  recipe: Recipe;
  weightRecipe: WeightRecipe;
  calibration: TextSource;
  evaluation: TextSource;
}

/** Fields of a weight recipe by their key in the link. */
const WEIGHT_KEYS = {
  pattern: "pattern",
  calibrationSequences: "sequences",
  calibrationTokens: "tokens",
  calibrationSeed: "seed",
} as const;
const isWeightKey = (key: string): key is keyof typeof WEIGHT_KEYS => key in WEIGHT_KEYS;

const numberNamed = (key: string): RecipeNumber | undefined =>
  RECIPE_NUMBERS.find((field) => writtenName(field) === key);
const oneOf = <T extends string>(choices: readonly T[], value: string): T | undefined =>
  choices.find((choice) => choice === value);
const isBundled = (value: string): value is BundledName => BUNDLED_TEXTS.some(({ name }) => name === value);

/** The hash (without "#") of what is chosen; a text of the user's own cannot be in a link and is left out. */
export function hashOf({ method, recipe, weightRecipe, calibration, evaluation }: Linked): string {
  const parts = new URLSearchParams();
  for (const field of RECIPE_NUMBERS) {
    if (recipe[field] !== DEFAULT_RECIPE[field])
      parts.set(writtenName(field), String(Number(recipe[field].toPrecision(12))));
  }
  if (recipe.estimator !== DEFAULT_RECIPE.estimator) parts.set("estimator", recipe.estimator);
  if (recipe.gates !== DEFAULT_RECIPE.gates) parts.set("gates", recipe.gates);
  if (recipe.ratioMode !== DEFAULT_RECIPE.ratioMode) parts.set("ratioMode", recipe.ratioMode);
  if (method !== "disp") parts.set("method", method);
  for (const [key, field] of Object.entries(WEIGHT_KEYS)) {
    if (weightRecipe[field] !== DEFAULT_WEIGHT_RECIPE[field]) parts.set(key, String(weightRecipe[field]));
  }
  const text = (key: "calibration" | "evaluation", source: TextSource): void => {
    if (source.kind === "bundled" && source.name !== DEFAULT_TEXTS[key].name) parts.set(key, source.name);
  };
  text("calibration", calibration);
  text("evaluation", evaluation);
  return parts.toString();
}

/** Reads a hash (with or without "#"). What cannot be used keeps its default and is named in `problems`. */
export function readHash(hash: string): Linked & { problems: string[] } {
  const problems: string[] = [];
  const tried = (set: () => void): void => {
    try {
      set();
    } catch (error) {
      problems.push(EngineError.from(error).message);
    }
  };
  const found: Linked = {
    method: "disp",
    recipe: { ...DEFAULT_RECIPE },
    weightRecipe: { ...DEFAULT_WEIGHT_RECIPE },
    ...DEFAULT_TEXTS,
  };
  const recipe = { ...found.recipe };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const estimator = key === "estimator" ? oneOf(ESTIMATORS, value) : undefined;
    const ratioMode = key === "ratioMode" ? oneOf(RATIO_MODES, value) : undefined;
    const gates = key === "gates" ? oneOf(GATE_MODES, value) : undefined;
    const number = numberNamed(key);
    const method = key === "method" ? oneOf(WEIGHT_METHODS, value) : undefined;
    if (method) {
      found.method = method;
      found.weightRecipe = { ...found.weightRecipe, method };
    } else if (isWeightKey(key)) {
      const field = WEIGHT_KEYS[key];
      const given = field === "pattern" ? value : value.trim() === "" ? NaN : Number(value);
      tried(() => (found.weightRecipe = checkWeightRecipe({ ...found.weightRecipe, [field]: given })));
    } else if (estimator) recipe.estimator = estimator;
    else if (gates) recipe.gates = gates;
    else if (ratioMode) recipe.ratioMode = ratioMode;
    else if ((key === "calibration" || key === "evaluation") && isBundled(value))
      found[key] = { kind: "bundled", name: value };
    else if (number) {
      tried(() => (recipe[number] = checkRecipeNumber(number, value.trim() === "" ? NaN : Number(value))));
    } else problems.push(`${key}=${value} is not known`);
  }
  tried(() => (found.recipe = checkRecipe(recipe)));
  return { ...found, problems };
}
