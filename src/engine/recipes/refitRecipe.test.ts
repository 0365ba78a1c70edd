// The recipe of a refit: the default, and fields out of bounds.
import { expect, it } from "vitest";
import { checkRefitRecipe, DEFAULT_REFIT_RECIPE } from "./refitRecipe.ts";

it("accepts the default", () => expect(checkRefitRecipe(DEFAULT_REFIT_RECIPE)).toBe(DEFAULT_REFIT_RECIPE));

it.each([
  [{ sequences: 0 }, /refit: sequences: expected a whole number from 1 to 4096, got 0/],
  [{ tokens: 1.5 }, /tokens: expected a whole number/],
  [{ ridge: 0 }, /ridge: expected a number from 0\.0001 to 10000, got 0/],
  [{ matrices: "some" as "all" }, /matrices: expected one of out, all, got some/],
])("refuses %j", (change, message) => {
  expect(() => checkRefitRecipe({ ...DEFAULT_REFIT_RECIPE, ...change })).toThrow(message);
});
