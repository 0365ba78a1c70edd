// Reading runs: what is written is read back, and each kind of damage is refused with the name of its field.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { DEFAULT_RECOVER_RECIPE } from "../../recipes/recoverRecipe.ts";
import { readRunMasks, readRunRecord, readRuns, unpackRunMasks } from "./readRun.ts";
import { recordJson, type Run, runJson } from "./runRecord.ts";
import type { RunScores } from "./runScores.ts";
import { gateRun, historyOf, weightRun } from "./runs.fixture.ts";

const TRAINED = {
  kind: "disp",
  recipe: DEFAULT_RECIPE,
  steps: 3,
  targets: [
    [0, 0.7],
    [2, 0.5],
  ],
} as const;

/** The file with the value at `path` replaced; undefined removes it. */
function damaged(path: string, value: unknown, run: Run = gateRun("a")): string {
  const copy = JSON.parse(JSON.stringify(runJson(run))) as Record<string, unknown>;
  const names = path.split(".");
  const last = names.pop() ?? "";
  const at = names.reduce((inner, name) => inner[name] as Record<string, unknown>, copy);
  at[last] = value;
  return JSON.stringify(copy);
}

function refusal(text: string): string {
  try {
    readRuns(text, "runs.json");
  } catch (error) {
    if (error instanceof EngineError && error.code === "format") return error.message;
    throw error;
  }
  return "accepted";
}

describe("runs", () => {
  it("are read back as they were written, one or many", () => {
    const runs = [
      gateRun("a"),
      weightRun("b"),
      { ...gateRun("d", { made: { ...TRAINED, point: 0.6 } }), history: historyOf(3) },
      gateRun("c", { made: { kind: "baseline", method: "random", ratio: 0.5, seed: 3 } }),
    ];
    expect(readRuns(JSON.stringify(runs.map(runJson)), "runs.json")).toEqual(runs);
    expect(readRuns(JSON.stringify(runJson(weightRun("b"))), "run.json")).toEqual([runs[1]]);
    const run = gateRun("a");
    expect(readRunRecord(recordJson(run.record), "database")).toEqual(run.record);
    expect(readRunMasks(run.masks, "database")).toEqual(run.masks);
  });

  it("keep the recovery of their weights, and refuse a damaged one", () => {
    const recipe = { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 };
    const guard = { before: 28, after: 24, tokens: 4096 };
    const recovery = { recipe, bestStep: 250, guard, prunedBefore: 27, weightsSha256: "0123456789abcdef".repeat(4) };
    const run = gateRun("a", { recovery });
    expect(readRuns(JSON.stringify(runJson(run)), "run.json")).toEqual([run]);
    expect(refusal(damaged("record.recovery.weightsSha256", "ab", run))).toContain(
      "record.recovery.weightsSha256: expected 64 hexadecimal digits",
    );
  });

  it("keep zero-shot scores, and refuse damaged ones", () => {
    const text = { name: "held.txt", sha256: "ab".repeat(32) };
    const accuracy = { value: 0.5, standardError: 0.1 };
    const acc = { acc: accuracy, accNorm: accuracy, accMutualInfo: null };
    const one = { acc: { value: 1, standardError: NaN }, accNorm: null, accMutualInfo: null };
    const difference = { value: -0.25, standardError: 0.05 };
    const scores: RunScores = {
      ...{ text, tokens: 2048, context: 16 },
      tasks: [
        { task: "next-sentence", source: text, items: 40, seed: 1 },
        { task: "mine", source: { ...text, name: "mine.jsonl" }, items: 1 },
      ],
      models: [
        { model: "dense", agreement: null, scores: [acc, one] },
        { model: "pruned", agreement: { same: 0.75, kl: 0.4 }, scores: [{ ...acc, difference }] },
      ],
    };
    const run = gateRun("a", { scores });
    expect(readRuns(JSON.stringify(runJson(run)), "run.json")).toEqual([run]);
    // The browser's database keeps NaN as it is.
    expect(readRunRecord(recordJson(run.record), "database")).toEqual(run.record);
    expect(refusal(damaged("record.scores.models.1.model", "best", run))).toContain(
      "record.scores.models[1].model: expected one of dense, pruned, recovered",
    );
    expect(refusal(damaged("record.scores.models.1.scores", [acc, acc, acc], run))).toContain(
      "record.scores.models[1].scores: expected at most one entry per task (2)",
    );
    expect(refusal(damaged("record.scores.models.0.scores.0.acc.value", 2, run))).toContain(
      "record.scores.models[0].scores[0].acc.value: expected a number from 0 to 1",
    );
  });

  it.each([
    ["record.format", "espalier-run-9", "record.format: expected espalier-run-1, got"],
    ["record.id", "", "record.id: expected 1 to 200 characters"],
    ["record.finished", "yesterday", "record.finished: expected an ISO time"],
    ["record.model.fingerprint", undefined, "record.model.fingerprint: expected text, got nothing"],
    ["record.made.kind", "magic", "record.made.kind: expected one of disp, weights, baseline"],
    ["record.made.recipe.seed", "1", "record.made.recipe.seed: expected a number"],
    ["record.calibration.sha256", "beef", "record.calibration.sha256: expected 64 hexadecimal digits"],
    ["record.perplexity.pruned", 0.5, "record.perplexity.pruned: expected a number of at least 1"],
    ["record.kept.blockWeights.kept", 1000, "record.kept.blockWeights.kept: expected a whole number from 0 to 144"],
    ["record.kept.bytes", -1, "record.kept.bytes: expected a whole number"],
    ["record.msPerToken", 3, "record.msPerToken: expected an object, got 3"],
    ["masks.kind", "weights", "masks.matrices: expected a list, got nothing"],
    ["masks.masks", ["Dw=="], "masks.masks: expected a list of 5"],
    ["masks.masks.0", "/////w==", "masks.masks[0]: expected 1 bytes for 4 gates"],
    ["masks.masks.0", "/w==", "masks.masks[0]: expected zeros after the last of 4 gates"],
    [
      "record.made.targets",
      [
        [3, 0.5],
        [3, 0.4],
      ],
      "record.made.targets[1][0]: expected a whole number from 4",
    ],
    ["record.made.targets", [[0, 0]], "record.made.targets[0][1]: expected a number from 0.05 to 1"],
    ["record.made.point", 2, "record.made.point: expected a number from 0 to 1"],
    ["history", { ...historyOf(3), count: 2 }, "history.loss: expected base64 of 2 float32 values"],
    ["history", { ...historyOf(3), readings: 1 }, "history.readings: expected a list"],
    ["masks.sizes.3", 0, "masks.sizes[3]: expected a whole number from 1"],
  ])("are refused where %s is %j", (path, value, message) => {
    expect(refusal(damaged(path, value))).toContain(`runs.json: ${message}`);
  });

  it("are refused where masks are of another kind than the recipe, or there twice", () => {
    expect(refusal(damaged("masks", weightRun("b").masks))).toContain(
      "masks.kind: expected gates, as made.kind is disp",
    );
    const { masks } = weightRun("b");
    const [matrix] = masks.kind === "weights" ? masks.matrices : [];
    expect(refusal(damaged("masks.matrices", [matrix, matrix], weightRun("b")))).toContain(
      "masks.matrices[1].name: expected each name once",
    );
    expect(refusal("{")).toContain("runs.json: expected JSON");
    expect(refusal("[3]")).toContain("[0]: expected an object, got 3");
  });

  it("unpack to named gates", () => {
    expect(unpackRunMasks(gateRun("a").masks).map(({ name, gates }) => [name, gates.length])).toEqual([
      ["s1 of block 0", 4],
      ["s2 of block 0", 4],
      ["s3 of block 0", 4],
      ["s4 of block 0", 8],
      ["s5 of block 0", 4],
    ]);
    expect(unpackRunMasks(weightRun("b").masks).map(({ gates }) => [...gates])).toEqual([[1, 0, 1, 0, 1, 0, 1, 0]]);
  });
});
