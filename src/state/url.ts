// The recipe and the bundled texts in the page's link, both ways. What equals the default is left out.
import { checkRecipe, DEFAULT_RECIPE, EngineError, ESTIMATORS, RECIPE_BOUNDS } from "../engine/index.ts";
import type { Estimator, Recipe } from "../engine/index.ts";
import type { TextSource } from "../worker/protocol.ts";
import { BUNDLED_TEXTS, DEFAULT_TEXTS } from "./bundledTexts.ts";
import type { BundledName } from "./bundledTexts.ts";

/** What a link carries. */
export interface Linked {
  recipe: Recipe;
  calibration: TextSource;
  evaluation: TextSource;
}

type NumberField = keyof typeof RECIPE_BOUNDS;
const NUMBER_FIELDS = Object.keys(RECIPE_BOUNDS) as NumberField[];
const isEstimator = (value: string): value is Estimator => (ESTIMATORS as readonly string[]).includes(value);
const isBundled = (value: string): value is BundledName => BUNDLED_TEXTS.some(({ name }) => name === value);

/** The hash (without "#") of a recipe; a text of the user's own cannot be in a link and is left out. */
export function hashOf({ recipe, calibration, evaluation }: Linked): string {
  const parts = new URLSearchParams();
  for (const field of NUMBER_FIELDS) {
    if (recipe[field] !== DEFAULT_RECIPE[field]) parts.set(field, String(Number(recipe[field].toPrecision(12))));
  }
  if (recipe.estimator !== DEFAULT_RECIPE.estimator) parts.set("estimator", recipe.estimator);
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
  const found: Linked = { recipe: { ...DEFAULT_RECIPE }, ...DEFAULT_TEXTS };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (key === "estimator" && isEstimator(value)) found.recipe.estimator = value;
    else if ((key === "calibration" || key === "evaluation") && isBundled(value))
      found[key] = { kind: "bundled", name: value };
    else if ((NUMBER_FIELDS as string[]).includes(key)) {
      try {
        found.recipe = checkRecipe({ ...found.recipe, [key]: value.trim() === "" ? NaN : Number(value) });
      } catch (error) {
        problems.push(EngineError.from(error).message);
      }
    } else problems.push(`${key}=${value} is not known`);
  }
  return { ...found, problems };
}
