import { describe, expect, test } from "vitest";
import { EngineError, type ErrorCode } from "../errors.ts";
import { JsonField } from "./jsonFields.ts";

test("a check's refusal names file and object, and keeps its code; other errors stay", () => {
  const recipe = new JsonField({ a: {} }, "x.json", "", "Try another.").get("a");
  const refuse = (code: ErrorCode) => () =>
    recipe.checked(() => {
      throw new EngineError(code, "steps: expected 1, got 0");
    });
  expect(refuse("config")).toThrow("x.json: a.steps: expected 1, got 0. Try another.");
  expect(refuse("config")).toThrow(expect.objectContaining({ code: "config" }) as Error);
  expect(refuse("bug")).toThrow(/^steps: expected 1, got 0$/);
  expect(recipe.checked(() => 5)).toBe(5);
});

const field = (value: unknown): JsonField => new JsonField({ a: value }, "x.json").get("a");

describe("refused numbers name the bounds that mean something", () => {
  test.each([
    [{}, "a number, got"],
    [{ whole: true }, "a whole number, got"],
    [{ min: 1 }, "a number of at least 1, got"],
    [{ max: 5 }, "a number of at most 5, got"],
    [{ min: 1, max: 5, whole: true }, "a whole number from 1 to 5, got"],
    [{ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }, "a whole number of at least 0, got"],
  ])("%j", (range, expected) => {
    expect(() => field("7").number(range)).toThrow(`x.json: a: expected ${expected} "7"`);
  });

  test("bounds are included, fractions of whole numbers and infinities are refused", () => {
    expect([field(1).number({ min: 1, max: 5 }), field(5).number({ min: 1, max: 5 })]).toEqual([1, 5]);
    for (const value of [0.5, 5.5, Infinity, NaN]) expect(() => field(value).number({ min: 1, max: 5 })).toThrow("got");
    expect(() => field(1.5).number({ whole: true })).toThrow("a whole number, got 1.5");
    expect(() => field(2 ** 53).count()).toThrow("a whole number of at least 0, got");
    expect(() => field(9).count(8)).toThrow("a whole number from 0 to 8, got 9");
  });
});
