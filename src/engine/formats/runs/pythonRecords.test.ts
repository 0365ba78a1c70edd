// The receipt and the run that the Python package writes (python/tests/test_files.py) are read here, with their masks and curves.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfig } from "../../config/config.ts";
import { keptOfMasks } from "../../masks/weightMasks.ts";
import { DEFAULT_RECOVER_RECIPE } from "../../recipes/recoverRecipe.ts";
import { readReceipt } from "../receipt/readReceipt.ts";
import { keptShares, readWeightReceipt, weightMasksFromReceipt } from "../receipt/weightReceipt.ts";
import { runName } from "./runName.ts";
import { unpackHistory } from "./runHistory.ts";
import { readRuns, unpackRunMasks } from "./readRun.ts";

const fixture = (name: string): string => readFileSync(`python/tests/fixtures/${name}`, "utf8");

test("a receipt of the Python package is consistent: widths and kept weights agree with its masks", () => {
  const receipt = readReceipt(fixture("receipt.json"));
  expect(receipt.kept.blockWeights).toEqual({ kept: 74956, of: 138240 });
  expect(receipt.checks.map(({ runtime }) => runtime)).toEqual(["transformers"]);
  expect(receipt.sample?.top).toHaveLength(16);
});

test("a receipt and a run of recovered single weights are consistent: counts agree with the masks", () => {
  const receipt = readWeightReceipt(fixture("weightReceipt.json"));
  expect(receipt.recipe).toMatchObject({ method: "wanda", pattern: "2:4" });
  expect(receipt.updated).toBe(true);
  const recovery = { bestStep: 300, guard: { before: 50.5, after: 45.25, tokens: 1024 }, prunedBefore: 52.5 };
  expect(receipt.recovery).toMatchObject({ ...recovery, weightsSha256: "cd".repeat(32) });
  expect(receipt.recovery?.recipe).toEqual({ ...DEFAULT_RECOVER_RECIPE, learningRate: 0.0005 });
  expect(receipt.kept.mlpWeights).toEqual({ kept: 30720, of: 61440 });
  const config = readConfig(JSON.parse(readFileSync("golden/opt/config.json", "utf8")));
  const masks = weightMasksFromReceipt(receipt, config);
  expect(keptOfMasks(masks)).toEqual(receipt.kept.mlpWeights);
  expect(keptShares(config, receipt.kept.mlpWeights)).toEqual(receipt.kept);
  const [run] = readRuns(fixture("weightRun.json"), "weightRun.json");
  if (!run) throw new Error("expected a run");
  expect(run.record.name).toBe(runName(run.record.made));
  expect(run.record.recovery).toEqual(receipt.recovery);
  expect(run.record.kept.blockWeights).toEqual(receipt.kept.blockWeights);
  expect(unpackRunMasks(run.masks).map(({ name }) => name)).toEqual(masks.map(({ matrix }) => matrix.name));
});

test("a run of the Python package has its masks, its curves and the name that the studio would give it", () => {
  const [run, ...more] = readRuns(fixture("run.json"), "run.json");
  if (!run?.history) throw new Error("expected a run with a history");
  expect(more).toEqual([]);
  expect(run.record.name).toBe(runName(run.record.made));
  const masks = unpackRunMasks(run.masks);
  expect(masks).toHaveLength(15);
  expect(masks[1]?.gates.reduce((sum, gate) => sum + gate, 0)).toBe(1);
  const { loss, kept, target } = unpackHistory(run.history);
  expect([...loss]).toEqual([3.5, 3.25, 3]);
  expect([...kept]).toEqual([0.875, 0.75, 0.5]);
  expect([...target]).toEqual([0.55, 0.55, 0.55].map(Math.fround));
  expect(run.history.readings).toMatchObject([{ step: 3, ratio: 0.55, value: 270.25, context: 64 }]);
});
