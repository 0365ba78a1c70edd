// The committed results of graphics cards, and the page that is rendered from them.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gpuTables } from "./gpuTables.ts";
import { renderGpus } from "./importLab.ts";

test("bench/gpus.md is what the committed results give", () => {
  expect(renderGpus()).toBe(readFileSync("bench/gpus.md", "utf8"));
});

test("a failed comparison is counted, and shares are of the faster loop", () => {
  const spread = (median: number) => ({ median, min: median, max: median });
  const page = gpuTables([
    {
      ...{ measured: "2026-01-02T03:04:05Z", host: "a host", adapter: { name: "a card" } },
      kernels: { checks: 3, failed: [{}] },
      peak: { gflops: { vector: spread(900), scalar: spread(1000) }, gigabytesPerSecond: spread(50) },
      sweep: [
        {
          ...{ name: "o", m: 64, n: 8, k: 8, direction: "forward", precision: "f32", variant: "tiled" },
          gflops: spread(500),
        },
      ],
    },
  ]);
  expect(page).toContain("Kernels against their references: 3 comparisons, 1 failed");
  expect(page).toContain("| o, 64 rows, forward | 0.5 | 50 % |");
});
