// What a soak calls growth, and what it says about it.
import { expect, test } from "vitest";
import type { Figures } from "./figures.ts";
import { grown, growthOf, soakReport } from "./verdict.ts";

const figures = (more: Partial<Figures>): Figures => ({
  ...{ gpuBytes: 50e6, gpuBuffers: 100, pageHeap: 8e6, workerHeap: 9e6, indexedDb: 0, opfs: 0 },
  ...more,
});

test("the warm-up and a single outlier are not growth", () => {
  const rounds = [1, 2, 50, 50, 49, 80, 50, 50, 50].map((mb) => figures({ gpuBytes: mb * 1e6 }));
  expect(grown(growthOf(rounds, 2))).toEqual([]);
});

test("what grows is named with both values, and small stored bytes are not compared", () => {
  const rounds = Array.from({ length: 11 }, (_, i) =>
    figures({ pageHeap: (8 + i) * 1e6, gpuBytes: (50 + 0.05 * i) * 1e6, indexedDb: 1000 * i, opfs: 1e6 * (1 + i) }),
  );
  expect(grown(growthOf(rounds, 2))).toEqual([
    "pageHeap: expected at most 2 % more after the warm-up, got 54.5 % (11000000 to 17000000)",
    "opfs: expected at most 2 % more after the warm-up, got 150.0 % (4000000 to 10000000)",
  ]);
});

test("too few rounds are refused", () => {
  expect(() => growthOf([figures({}), figures({}), figures({})], 2)).toThrow("expected at least 4, got 3");
});

test("the report has a line for each scenario", () => {
  const growth = growthOf([figures({}), figures({}), figures({ gpuBytes: 51e6 })], 1);
  const run = { title: "10 exports", date: "2026-11-27", adapter: "SwiftShader", cores: 2, rounds: 3, growth };
  expect(soakReport({ exports: run })).toContain(
    "| 10 exports (`exports`) | 50.00 MB to 51.00 MB (+2.0 %) | 100 to 100 (+0.0 %) |",
  );
});
