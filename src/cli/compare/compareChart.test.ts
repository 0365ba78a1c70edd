// The chart and the table of npm run compare, from made-up records.
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../engine/index.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../../engine/recipes/weightRecipe.ts";
import { DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { axisOf, bestPoints, compareChart, linearTicks, logTicks } from "./compareChart.ts";
import { compareTable } from "./compareTable.ts";

const record = (made: RunRecord["made"], kept: number, pruned: number): RunRecord => ({
  ...{
    format: "espalier-run-1",
    id: `${kept}`,
    name: "run",
    finished: "2026-11-25T08:00:00.000Z",
    adapter: "<an adapter>",
  },
  model: { name: "tiny", modelType: "llama", fingerprint: "f1" },
  made,
  calibration: { name: "train.txt", sha256: "" },
  perplexity: {
    ...{ text: { name: "held.txt", sha256: "" }, context: 512, tokens: 20480 },
    ...{ beginToken: false, dense: 20, pruned },
  },
  kept: { blockWeights: { kept: kept - 20, of: 80 }, modelWeights: { kept, of: 100 }, bytes: 2 * kept },
  msPerToken: null,
});
const DISP = { kind: "disp", recipe: { ...DEFAULT_RECIPE, ratio: 0.5, seed: 2 }, steps: 600 } as const;
const DASS = { kind: "weights", recipe: DEFAULT_WEIGHT_RECIPE } as const;
const RECORDS = [record(DISP, 60, 27.123), record(DASS, 70, 30)];

describe("the table", () => {
  it("names what was measured, then dense, then every run", () => {
    expect(compareTable(RECORDS).split("\n")).toEqual([
      "tiny: perplexity on held.txt, context 512, 20480 tokens; <an adapter>",
      "method    ratio     seed  block weights  whole model  bytes  perplexity",
      "dense                          100.00 %     100.00 %    200       20.00",
      "disp      keep 0.5     2        50.00 %      60.00 %    120       27.12",
      "dass:2:4  2:4          1        62.50 %      70.00 %    140       30.00",
      "",
    ]);
  });
});

describe("the chart", () => {
  it("has a mark for every run, a legend of methods, dense, and the text in the title", () => {
    const svg = compareChart(RECORDS);
    expect(svg.match(/<title>/g)).toHaveLength(RECORDS.length);
    expect(svg).toContain("disp: 60 % kept, perplexity 27.12");
    for (const word of [
      ">disp<",
      ">dass:2:4<",
      ">dense 20<",
      "held.txt, context 512, 20480 tokens; &lt;an adapter&gt;",
    ])
      expect(svg).toContain(word);
    expect(svg).not.toMatch(/NaN|Infinity|logarithmic/);
  });

  it("is logarithmic only where perplexities span more than four times", () => {
    expect(compareChart([...RECORDS, record(DASS, 55, 4000)])).toContain("perplexity (logarithmic)");
    expect(axisOf([10, 40], 0, 1, true).log).toBe(false);
    expect(axisOf([10, 41], 0, 1, true).log).toBe(true);
    expect(axisOf([10, 41], 0, 1, false).log).toBe(false);
  });

  it("draws one run as large as the dense model", () => {
    expect(compareChart([record(DASS, 100, 20)])).not.toMatch(/NaN|Infinity/);
  });

  it("joins what nothing beats with as few weights", () => {
    const at = (kept: number, perplexity: number): { method: string; kept: number; perplexity: number } => {
      return { method: "", kept, perplexity };
    };
    const points = [at(100, 20), at(60, 30), at(70, 35), at(60, 28), at(80, 22), at(79.8, 23)];
    expect(bestPoints(points)).toEqual([at(60, 28), at(80, 22), at(100, 20)]);
  });

  it("puts ticks on round numbers", () => {
    expect(linearTicks(48, 103)).toEqual([50, 60, 70, 80, 90, 100]);
    expect(linearTicks(0.1, 0.42)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(logTicks(15, 700)).toEqual([20, 50, 100, 200, 500]);
    expect(logTicks(20, 110)).toEqual([20, 30, 40, 50, 70, 100]);
    expect(logTicks(9, 2e6)).toEqual([10, 100, 1e3, 1e4, 1e5, 1e6]);
  });
});
