// The recipe of a recovery: learning rates that shrink as more is kept, the schedule, and fields out of bounds.
import { describe, expect, it } from "vitest";
import {
  checkRecoverRecipe,
  DEFAULT_RECOVER_RECIPE,
  rateOfStep,
  recoverLearningRate,
  type RecoverRecipe,
} from "./recoverRecipe.ts";

const RECIPE: RecoverRecipe = { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 };

describe("recoverLearningRate", () => {
  it("is what was measured at 50 and 80 %", () => {
    expect(recoverLearningRate(0.5, { matrices: "all" })).toBeCloseTo(5e-4, 8);
    expect(recoverLearningRate(0.8, { matrices: "all" })).toBeCloseTo(2e-4, 8);
    expect(recoverLearningRate(0.5, { matrices: "out" })).toBeCloseTo(1e-3, 8);
  });

  it("of adapters falls with the root of the rank, and more slowly as more is kept", () => {
    const rates = [4, 16, 64].map((rank) => recoverLearningRate(0.5, { matrices: "all", rank }));
    expect(rates).toEqual([5e-3, 2.5e-3, 1.25e-3]);
    expect(recoverLearningRate(0.8, { matrices: "all", rank: 16 })).toBeCloseTo(1.6e-3, 4);
  });

  it("shrinks as more is kept, and is never 0", () => {
    const rates = [0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((ratio) => recoverLearningRate(ratio, { matrices: "all" }));
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(new Set(rates).size).toBe(rates.length);
    expect(rates.at(-1)).toBeGreaterThan(1e-6);
    expect(rates[0]).toBeLessThan(7e-4);
  });
});

describe("rateOfStep", () => {
  it("grows to 1 within the first 5 % and falls to almost 0 without rising again", () => {
    const rates = Array.from({ length: 300 }, (_, step) => rateOfStep({ steps: 300 }, step));
    expect(rates[0]).toBeCloseTo(1 / 15);
    expect(rates[14]).toBe(1);
    for (let step = 15; step < 300; step++) expect(rates[step]).toBeLessThan(rates[step - 1] ?? 0);
    expect(rates[299]).toBeGreaterThan(0);
    expect(rates[299]).toBeLessThan(1e-3);
  });

  it("has a rate for a single step", () => expect(rateOfStep({ steps: 1 }, 0)).toBe(1));
});

describe("checkRecoverRecipe", () => {
  it("accepts the default, and adapters", () => {
    expect(checkRecoverRecipe(RECIPE)).toBe(RECIPE);
    const adapters: RecoverRecipe = { ...RECIPE, matrices: "all", rank: 64 };
    expect(checkRecoverRecipe(adapters)).toBe(adapters);
  });

  it.each([
    [{ steps: 0 }, /steps: expected a whole number from 1 to 100000, got 0/],
    [{ tokens: 1.5 }, /tokens: expected a whole number/],
    [{ learningRate: NaN }, /learningRate: expected a number from 1e-7 to 0\.1, got NaN/],
    [{ matrices: "all" as const, rank: 3 }, /rank: expected a whole number from 4 to 64, got 3/],
    [{ matrices: "all" as const, rank: 6.5 }, /rank: expected a whole number from 4 to 64, got 6\.5/],
    [{ matrices: "out" as const, rank: 16 }, /matrices: expected all beside a rank, got out/],
    [{ matrices: "some" as "all" }, /matrices: expected one of out, all, got some/],
  ])("refuses %j", (change, message) => {
    expect(() => checkRecoverRecipe({ ...RECIPE, ...change })).toThrow(message);
  });
});
