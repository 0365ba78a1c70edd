// The committed results of graphics cards, and the page that is rendered from them.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { LabResult } from "../../src/lab/labResult.ts";
import { gpuTables } from "./gpuTables.ts";
import { merged, readLabFile, renderGpus } from "./importLab.ts";

const RESULT: LabResult = { measured: "2026-01-02T03:04:05Z", host: "a host", adapter: { name: "a card" } };
const spread = (median: number) => ({ median, min: median, max: median });
const sweep = (name: string, m: number, gflops: number, more: object = {}) => ({
  ...({ name, m, n: 8, k: 8, direction: "forward", precision: "f32", variant: "tiled", ms: spread(1) } as const),
  ...{ gflops: spread(gflops), ...more },
});
const PEAK = { gflops: { vector: spread(900), scalar: spread(1000) }, gigabytesPerSecond: spread(50) };

test("bench/gpus.md is what the committed results give", () => {
  expect(renderGpus()).toBe(readFileSync("bench/gpus.md", "utf8"));
});

test("a failed comparison is counted, and shares are of the faster loop", () => {
  const failed = [{ op: "o", case: "c", name: "y", ok: false, worst: 1, limit: 0 }];
  const kernels = { checks: 3, failed, seconds: 1 };
  const page = gpuTables([{ ...RESULT, kernels, peak: PEAK, sweep: [sweep("o", 64, 500)] }]);
  expect(page).toContain("Kernels against their references: 3 comparisons, 1 failed");
  expect(page).toContain("| o, 64 rows, forward | 0.5 | 50 % |");
});

test("what was not measured is said, for every goal", () => {
  const lines = gpuTables([RESULT]).split("\n");
  const rows = lines.filter((line) => line.startsWith("| ") && !/^\| (figure|---)/.test(line));
  expect(rows).toHaveLength(14);
  for (const row of rows) expect(row).toMatch(/ \| not measured \|$/);
});

test("the lowest and the median share are over the chosen variant of each shape from 512 rows on", () => {
  const figures = (chosen: object) => [
    ...[sweep("a", 128, 10, chosen), sweep("a", 512, 300, chosen), sweep("a", 512, 900)],
    ...[sweep("b", 512, 500, chosen), sweep("c", 4096, 700, chosen)],
  ];
  const pageOf = (chosen: object): string => gpuTables([{ ...RESULT, peak: PEAK, sweep: figures(chosen) }]);
  expect(pageOf({ chosen: true, variant: "sized" })).toMatch(
    /matmul forward, weights f32.*none under 35 % \| median 50 %, lowest 30 % \(over 3 shapes, [\d, ]+ rows\)/,
  );
  expect(pageOf({})).toMatch(/median 70 %, lowest 50 % \(best variant of each of 3 shapes, [\d, ]+ rows\)/);
});

test("decoding is a share of the measured bandwidth: weights that are read, times tokens", () => {
  const figure = { model: "m", matmul: "sized", promptTokens: 1, newTokens: 2, tokensPerSecond: spread(10) };
  const decode = [
    { ...figure, form: "dense" as const, weightBytes: 5e9, readBytes: 3e9 },
    { ...figure, form: "compact" as const, weightBytes: 2e9, readBytes: 1e9 },
  ];
  const page = gpuTables([{ ...RESULT, peak: PEAK, decode }]);
  expect(page).toContain("| decoding, dense: share of the memory bandwidth | at least 50 % | 60 % (m) |");
  expect(page).toContain("| decoding, compact at 50 %: share of the memory bandwidth | at least 50 % | 20 % (m) |");
  expect(page).toContain("| m | dense, matmul sized | 10.0 (10.0 to 10.0) | 30.0 GB/s of weights |");
  expect(gpuTables([{ ...RESULT, decode }])).toContain("| at least 50 % | not measured |");
});

test("slopes, opening and PyTorch's steps appear beside their goals", () => {
  const point = { size: 256, ms: spread(10), attentionShare: 0.25, linearFlop: 2e9 };
  const page = gpuTables([
    {
      ...RESULT,
      slopes: [{ axis: "T", slope: 0.987, attention: "measured", points: [point, { ...point, size: 4096 }] }],
      opening: { model: "m", tokens: 512, openSeconds: 9, firstStepSeconds: 2.345, nextStepMs: 40 },
      steps: [
        { ...STEP, ms: spread(30), matmul: "sized" },
        { ...STEP, ms: spread(50), matmul: "tiled" },
      ],
      pytorch: {
        ...{ torch: "2", adapter: "a card" },
        steps: [
          { mode: "eager", tf32: false, tokens: 512, ms: spread(60) },
          { mode: "eager", tf32: true, tokens: 512, ms: spread(20) },
        ],
      },
    },
  ]);
  expect(page).toContain("| at most 1.1 | 0.99 (256 to 4096, attention measured) |");
  expect(page).toContain("| under 3 s for 135M | 2.35 s (m, 512 tokens) |");
  expect(page).toContain("| DISP step of 512 tokens: time over PyTorch's in f32 | at most 1.5 | 0.50 (eager) |");
  expect(page).toContain("| T = 4096 | 10.0 (10.0 to 10.0) | 25 % | 2.00 |");
});

test("programs that agree are compared with ours, and the others are listed with the reason", () => {
  const agreement = { steps: 29, largestDifference: 2e-6, agrees: true };
  const first = { step: 3, ours: 3.5, theirs: 3.6 };
  const peers = [
    {
      ...{ adapter: "a card", software: false, matmul: "sized", model: "m", rounds: 5, tolerance: 1e-3 },
      programs: [
        { name: "Espalier", version: "1", device: "a card" },
        { name: "jax-js", version: "2", device: "a card" },
        { name: "tfjs", version: "3", device: "a card" },
        { name: "PyTorch", version: "4", device: "the CUDA card" },
        { name: "other", error: "no backend" },
      ],
      steps: [
        {
          tokens: 512,
          times: [
            { name: "Espalier", firstStepMs: 900, ms: spread(20) },
            { name: "jax-js", firstStepMs: 4000, ms: spread(60), agreement },
            { name: "tfjs", error: "stopped after 20 s" },
            { name: "PyTorch", firstStepMs: 100, agreement: { ...agreement, agrees: false, first } },
          ],
        },
      ],
    },
  ];
  const page = gpuTables([{ ...RESULT, peers }]);
  expect(page).toContain("### The training step in other programs");
  expect(page).toContain("| m | 512 | Espalier 1 | a card |  |  | 0.9 | 20.0 (20.0 to 20.0) |  |");
  expect(page).toContain(
    "| m | 512 | jax-js 2 | a card | 29 | 2.0e-6 | 4.0 | 60.0 (60.0 to 60.0) | 3.0 times as fast |",
  );
  expect(page).toContain("| m | 512 | tfjs 3 | a card |  |  |  | failed: stopped after 20 s |  |");
  expect(page).toContain("disagrees: loss of step 3 is 3.60000, ours 3.50000 |  |");
  expect(page).toContain("did not run: no backend");
  expect(page).toContain("| DISP step: time of jax-js over ours | at least 2 | 3.0 (m, 512 tokens) |");
  expect(page).toContain("| DISP step: time of tfjs over ours | at least 2 | not measured |");
});

const STEP = {
  ...{ model: "m", tokens: 512, gpuBytes: 1, kernels: [], gflops: spread(1) },
  share: { vector: spread(1), scalar: spread(1) },
};

test("a part that failed is listed with its reason", () => {
  const error = { code: "out-of-memory", message: "The GPU has no memory left.", detail: {} } as const;
  const page = gpuTables([{ ...RESULT, kernels: { error }, peak: { error }, decode: { error } }]);
  expect(page).toContain("| decode | The GPU has no memory left. |");
  expect(page).not.toContain("comparisons");
});

test("a later result replaces its parts only; quick figures never mix with those of all sizes", () => {
  const known: LabResult = { ...RESULT, peak: PEAK };
  const later: LabResult = { ...RESULT, sweep: [] };
  expect(merged(known, later)).toEqual({ ...RESULT, peak: PEAK, sweep: [] });
  expect(merged({ ...known, quick: true }, later)).toEqual(later);
  expect(() => merged(known, { ...later, quick: true })).toThrow("got a quick result");
});

test("another JSON file is refused by name", () => {
  expect(() => readLabFile("package.json")).toThrow('package.json: expected a result of the lab with "measured"');
});
