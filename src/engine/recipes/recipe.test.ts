// Recipes: what is refused, by the name of the field.
import { expect, test } from "vitest";
import { checkRecipe, DEFAULT_RECIPE, type Recipe } from "./recipe.ts";

test("a recipe is refused by the field that is wrong, with what it got", () => {
  const refused = (patch: Partial<Recipe>) => () => checkRecipe({ ...DEFAULT_RECIPE, ...patch });
  expect(refused({ steps: 1.5 })).toThrow("steps: expected a whole number from 1 to 100000, got 1.5");
  expect(refused({ ratioMode: "every", gates: "no-gru" })).toThrow(
    "gates: expected full, mlp or constrained, got no-gru",
  );
  expect(refused({ widthMultiple: 7 as 8 })).toThrow("widthMultiple: expected one of 1, 8, 32, 64, 256, got 7");
  expect(refused({ ratioMode: "every", ratioFrom: 0.8, ratioTo: 0.5 })).toThrow(
    "keepFrom: expected at most keepTo, got keepFrom 0.8 and keepTo 0.5. Lower keepFrom or raise keepTo.",
  );
});

test("a run for one ratio ignores the bounds of ratios, which its form does not show", () => {
  const recipe = { ...DEFAULT_RECIPE, ratioFrom: 0.8, ratioTo: 0.5 };
  expect(checkRecipe(recipe)).toBe(recipe);
});
