// The note on runs of more than a day.
import { expect, test } from "vitest";
import { duration } from "./format.ts";
import { longRunText } from "./longRun.ts";

test("a run of less than a day has none", () => {
  expect(longRunText(8000, { steps: 10_000, tokens: 512 })).toBeUndefined();
  expect(longRunText(Number.NaN, { steps: 10_000, tokens: 512 })).toBeUndefined();
});

test("a longer one has its time, and what fewer steps or tokens would take", () => {
  expect(longRunText(20_000, { steps: 10_000, tokens: 512 })).toBe(
    `This run takes about ${duration(200_000)}: 10,000 steps of 20.00 s. 1,400 steps would take ${duration(28_000)}; half the tokens per step (256) would take about half the time.`,
  );
  expect(longRunText(1e6, { steps: 100, tokens: 512 })).toMatch(/of 1000\.00 s\. Half the tokens/);
});
