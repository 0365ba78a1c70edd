// Patterns and recipes of weight pruning: what is read, and what is refused with its reason.
import { describe, expect, it } from "vitest";
import { checkWeightRecipe, DEFAULT_WEIGHT_RECIPE, parsePattern, removedOf } from "./weightRecipe.ts";

describe("patterns", () => {
  it("are N:M or a share", () => {
    expect(parsePattern("2:4")).toEqual({ kind: "groups", removed: 2, size: 4 });
    expect(parsePattern("4:8")).toEqual({ kind: "groups", removed: 4, size: 8 });
    expect(parsePattern("1:32")).toEqual({ kind: "groups", removed: 1, size: 32 });
    expect(parsePattern("37.5%")).toEqual({ kind: "share", removed: 0.375 });
  });

  it.each(["4:4", "0:4", "2:33", "2/4", "0%", "100%", "50", "", "-1%"])("%j is refused", (text) => {
    expect(() => parsePattern(text)).toThrow(/pattern: expected N:M .* got/);
  });
});

it("a share of a line is rounded down, except for rounding errors of the product", () => {
  expect(removedOf(176, 0.5)).toBe(88);
  expect(removedOf(63, 0.5)).toBe(31);
  expect(removedOf(100, 0.29)).toBe(29); // 28.999999999999996 as a product
  expect(removedOf(3, 0.3)).toBe(0);
});

it.each([
  [{ method: "obs" as "dass" }, /method: expected one of dass, wanda, magnitude, sparsegpt, got obs/],
  [{ sequences: 0 }, /sequences: expected a whole number from 1 to 4096, got 0/],
  [{ tokens: 1.5 }, /tokens: expected a whole number from 2 to 4096, got 1.5/],
])("a recipe with %j is refused by the field's name", (change, message) => {
  expect(() => checkWeightRecipe({ ...DEFAULT_WEIGHT_RECIPE, ...change })).toThrow(message);
});
