// The guard's slice of the training text, and which measurement counts as the best.
import { describe, expect, it } from "vitest";
import { guarded, guardedText } from "./guard.ts";

const textOf = (length: number): Uint32Array => Uint32Array.from({ length }, (_, i) => i);

describe("guardedText", () => {
  it.each([
    [200_000, 512, 10_000, 4096, 512],
    [20_000, 512, 1024, 1024, 512],
    [1000, 512, 250, 250, 125],
    [16, 512, 4, 4, 2],
  ])(
    "of %i tokens with windows of %i keeps the last %i back and measures %i",
    (length, context, held, measured, window) => {
      const text = guardedText(textOf(length), context);
      expect(text.training.length).toBe(length - held);
      expect(text.training.at(-1)).toBe(length - held - 1);
      expect(text.guard[0]).toBe(length - held);
      expect(text.guard.length).toBe(measured);
      expect(text.context).toBe(window);
      expect(text.guard.length / text.context).toBeGreaterThanOrEqual(2);
    },
  );

  it("refuses a text without room for two windows", () => {
    expect(() => guardedText(textOf(15), 512)).toThrow(/training text: expected at least 16 tokens, got 15/);
  });
});

it("the best measurement is kept, and the pruned model counts as one", () => {
  const first = guarded(undefined, 0, 30, 100);
  const worse = guarded(first, 50, 31, 100);
  expect(worse).toEqual({ before: 30, best: 30, bestStep: 0, last: 31, lastStep: 50, tokens: 100 });
  const better = guarded(worse, 100, 28, 100);
  expect(better).toMatchObject({ before: 30, best: 28, bestStep: 100 });
  expect(guarded(better, 150, NaN, 100)).toMatchObject({ best: 28, bestStep: 100 });
});
