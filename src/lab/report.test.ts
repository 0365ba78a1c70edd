// The report of a check: shares only where a peak was measured, what failed, and what WebGPU tells of the adapter.
import { describe, expect, it } from "vitest";
import type { LabResult } from "./labResult.ts";
import { labMarkdown, labTables } from "./report.ts";

const spread = (median: number) => ({ median, min: median, max: median });
const RESULT: LabResult = {
  ...{ measured: "2026-01-02T00:00:00.000Z", host: "Chromium 1 on Linux" },
  adapter: {
    name: "a card",
    info: { vendor: "maker", architecture: "", device: "", description: "driver 1.2" },
    ...{ limits: { maxBindGroups: 4, maxBufferSize: 256 }, features: ["shader-f16"] },
  },
  kernels: {
    ...{ checks: 3, seconds: 1, ops: [{ op: "gelu", checks: 3, worst: 0.5, limit: 0.1, case: "zeros" }] },
    failed: [{ op: "gelu", case: "zeros", name: "y", ok: false, worst: 0.5, limit: 0.1 }],
  },
  ops: [
    { op: "linear", size: "s", flop: 2e9, ms: spread(1) },
    { op: "rope", size: "s", bytes: 3e8, ms: spread(3) },
  ],
};
const speed = (result: LabResult) =>
  labTables(result, { goals: false }).find(({ title }) => title === "Speed of the main ops")?.rows;

describe("the speed of ops", () => {
  it("is a share of the peak of what limits each", () => {
    const peak = { gflops: { vector: spread(4000), scalar: spread(2000) }, gigabytesPerSecond: spread(400) };
    expect(speed({ ...RESULT, peak })).toEqual([
      ["linear", "s", "1.00 (1.00 to 1.00)", "2000 GFLOPS", "50 %"],
      ["rope", "s", "3.00 (3.00 to 3.00)", "100 GB/s", "25 %"],
    ]);
  });

  it("has no share where no peak was measured", () => {
    expect(speed(RESULT)?.map((row) => row.at(-1))).toEqual(["–", "–"]);
    const failed = { error: { code: "device-lost" as const, message: "lost", detail: {} } };
    expect(speed({ ...RESULT, peak: failed })?.map((row) => row.at(-1))).toEqual(["–", "–"]);
  });
});

it("has error and speed of each op in one row, also of an op without a rate", () => {
  const one = { checks: 1, worst: 1e-6, limit: 1e-5, case: "C1" };
  const kernels = {
    checks: 2,
    seconds: 1,
    failed: [],
    ops: [
      { op: "rope", ...one },
      { op: "metrics", ...one },
    ],
  };
  const tables = labTables({ ...RESULT, kernels }, { goals: false });
  expect(tables.find(({ title }) => title === "Worst error and speed of each op")?.rows).toEqual([
    ["rope", "1", "1.0e-6", "1.0e-5", "C1", "s", "3.00 (3.00 to 3.00)", "100 GB/s", "–"],
    ["metrics", "1", "1.0e-6", "1.0e-5", "C1", "–", "–", "not timed: writes four numbers", "–"],
  ]);
});

it("is a report with adapter, limits, worst errors and what failed", () => {
  const report = labMarkdown(RESULT, { details: true, goals: false });
  for (const words of [
    "- failed: gelu, case zeros, y: off by 0.50 (limit 0.10)",
    "| gelu | 3 | 5.0e-1 | 1.0e-1 | zeros | – | – | – | – |",
  ])
    expect(report).toContain(words);
  for (const row of ["vendor | maker", "architecture | not told", "description | driver 1.2", "features | shader-f16"])
    expect(report).toContain(`| ${row} |`);
  expect(report.indexOf("| maxBufferSize | 256 |")).toBeLessThan(report.indexOf("| maxBindGroups | 4 |"));
  expect(report).toContain("| browser or host | Chromium 1 on Linux |");
});
