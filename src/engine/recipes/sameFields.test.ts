// Recipes are the same by their fields, not by the order in which a reader or a form made them.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "./recipe.ts";
import { sameFields } from "./sameFields.ts";

describe("sameFields", () => {
  it("does not depend on the order of fields", () => {
    const { steps, ...rest } = DEFAULT_RECIPE;
    expect(sameFields(DEFAULT_RECIPE, { ...rest, steps })).toBe(true);
  });

  it("finds another value, and a field that only one has", () => {
    expect(sameFields(DEFAULT_RECIPE, { ...DEFAULT_RECIPE, seed: 2 })).toBe(false);
    const one: { steps: number; rank?: number } = { steps: 3 };
    expect(sameFields(one, { ...one, rank: 4 })).toBe(false);
    expect(sameFields({ ...one, rank: 4 }, one)).toBe(false);
  });
});
