// The chart and the table of npm run compare, from made-up records.
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../engine/index.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../../engine/recipes/weightRecipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../../engine/recipes/refitRecipe.ts";
import { DEFAULT_RECOVER_RECIPE } from "../../engine/recipes/recoverRecipe.ts";
import { DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { compareChart, compareGeometry } from "./compareChart.ts";
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

describe("a recovery", () => {
  const recovery = {
    recipe: { ...DEFAULT_RECOVER_RECIPE, steps: 40, learningRate: 1e-3 },
    ...{ bestStep: 40, guard: { before: 28, after: 24, tokens: 4096 }, prunedBefore: 27.123 },
    weightsSha256: "0123456789abcdef".repeat(4),
  };
  const planned = { kind: "disp", gates: "full", ratio: 0.5, seed: 2, recover: 40 } as const;
  const [pruned] = RECORDS;
  if (!pruned) throw new Error("expected a record");
  const methodsOf = (table: string): unknown[] =>
    table
      .split("\n")
      .slice(2, -1)
      .map((row) => row.split("  ")[0]);

  it("is a row and a mark of its own, named with its steps", () => {
    const records = [pruned, { ...pruned, recovery }];
    expect(methodsOf(compareTable(records))).toEqual(["dense", "disp", "disp+recover:40"]);
    expect(compareGeometry(records).methods).toEqual(["disp", "disp+recover:40"]);
  });

  it("is called undone where one was asked for and the record has none", () => {
    expect(methodsOf(compareTable([pruned], [planned]))).toEqual(["dense", "disp+recover:40 (undone)"]);
    expect(compareGeometry([pruned], [planned]).methods).toEqual(["disp+recover:40 (undone)"]);
  });

  it("names a refit, and which of both was undone", () => {
    const { recipe, bestStep, ...rest } = recovery;
    const refitted = { ...pruned, recovery: { ...rest, refit: DEFAULT_REFIT_RECIPE } };
    const both = { ...planned, refit: true } as const;
    const nameOf = (...of: Parameters<typeof compareTable>): unknown => methodsOf(compareTable(...of))[1];
    expect(nameOf([refitted])).toBe("disp+refit");
    expect(nameOf([{ ...refitted, recovery: { ...refitted.recovery, recipe, bestStep } }], [both])).toBe(
      "disp+refit+recover:40",
    );
    expect(nameOf([refitted], [both])).toBe("disp+refit (recover:40 undone)");
    expect(nameOf([{ ...pruned, recovery }], [both])).toBe("disp+recover:40 (refit undone)");
    expect(nameOf([pruned], [both])).toBe("disp+refit+recover:40 (undone)");
  });
});

describe("the chart", () => {
  it("has a mark for every run, a legend of methods, dense, and the text in the title", () => {
    const svg = compareChart(RECORDS);
    expect(svg.match(/<title>/g)).toHaveLength(RECORDS.length);
    expect(svg).toContain("disp: 60.0 % kept, perplexity 27.12");
    for (const word of [
      ">disp<",
      ">dass:2:4<",
      ">dense 20.00<",
      "held.txt, context 512, 20480 tokens; &lt;an adapter&gt;",
    ])
      expect(svg).toContain(word);
    expect(svg).not.toMatch(/NaN|Infinity|log scale/);
  });

  it("is logarithmic only where perplexities span more than four times", () => {
    expect(compareChart([...RECORDS, record(DASS, 55, 4000)])).toContain("perplexity, log scale");
    expect(compareGeometry([...RECORDS, record(DASS, 55, 80)]).log).toBe(false);
    expect(compareGeometry([...RECORDS, record(DASS, 55, 81)]).log).toBe(true);
  });

  it("joins what nothing beats at its size, sizes within half a percent counting as one", () => {
    const records = [
      [60, 30],
      [70, 35],
      [60, 28],
      [80, 22],
      [79.8, 23],
    ] as const;
    const { best, marks } = compareGeometry(records.map(([kept, pruned]) => record(DASS, kept, pruned)));
    const [, , at60, at80] = marks;
    expect(best.slice(0, 2)).toEqual([at60, at80].map((mark) => [mark?.x, mark?.y]));
    expect(best).toHaveLength(3);
  });

  it("draws one run as large as the dense model", () => {
    expect(compareChart([record(DASS, 100, 20)])).not.toMatch(/NaN|Infinity/);
  });
});
