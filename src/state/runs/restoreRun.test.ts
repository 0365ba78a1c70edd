// Restoring a run brings its recipe, curves and texts, or says which are missing, and never costs a paused run.
import { expect, it } from "vitest";
import { DEFAULT_RECIPE, type Run, runJson } from "../../engine/index.ts";
import { architectureAt, bench, RECOVERED, type Script } from "../client.fixture.ts";
import { modelNeeded, modelRefusal, restoreRefusal } from "./restoreRefusal.ts";
import { threeSteps, gatesRun, weightsRun } from "./savedRuns.fixture.ts";

const recipe = { ...DEFAULT_RECIPE, ratio: 0.4, seed: 7, steps: 60 };
const made = { kind: "disp", recipe, steps: 60, targets: [[0, 0.4]] } as const;

async function opened(runs: readonly Run[], script: Script = {}) {
  const studio = bench({ restore: ({ run }) => ({ architecture: architectureAt(0.4, 60, run.record.id) }), ...script });
  const { getState } = studio.store;
  await getState().open({ kind: "embedded" });
  await getState().importRuns(JSON.stringify(runs.map(runJson)), "runs.json");
  await studio.settle();
  return { ...studio, now: getState };
}

it("brings recipe, method, curves and texts", async () => {
  const text = { name: "moby-train.txt", sha256: "ab".repeat(32) };
  const run = { ...gatesRun("a", { made, calibration: text }), history: threeSteps() };
  const { now, series, sent } = await opened([run]);
  now().chooseMethod("dass");
  await now().restoreRun("a");
  expect(now()).toMatchObject({ recipe, method: "disp", restored: { missing: [] }, architecture: { run: "a" } });
  expect(now().calibration).toEqual({ kind: "bundled", name: "moby-train" });
  expect(sent.find(({ type }) => type === "restore")).toMatchObject({ run: { history: run.history } });
  expect(series).toMatchObject({ count: 3, plannedSteps: 60, readings: [{ step: 3, value: 27 }] });
});

it("says what was not kept with it, and shows no curves of another run", async () => {
  const text = { name: "mine.txt", sha256: "ab".repeat(32) };
  const { now, series, emit } = await opened([gatesRun("a", { made, calibration: text })]);
  const one = Float32Array.of(1);
  const columns = { loss: one, penalty: one, kept: one, target: one };
  emit({ type: "metrics", metrics: { step: Uint32Array.of(0), ...columns, msPerStep: 1, secondsLeft: 0 } });
  await now().restoreRun("a");
  expect(now().restored?.missing).toEqual(["its curves", "its calibration text mine.txt"]);
  expect(series.count).toBe(0);
});

it("keeps its masks when the slider moves, and is not saved again", async () => {
  const { now, settle, types, frame, pass } = await opened([gatesRun("a", { made })]);
  await now().restoreRun("a");
  await settle();
  now().setRatio(0.7);
  frame();
  pass(1000);
  await settle();
  expect(now()).toMatchObject({ architecture: { run: "a", ratio: 0.4 }, recipe: { ratio: 0.7 } });
  expect(types()).not.toContain("target");
  expect(types()).not.toContain("record");
});

it("leaves a paused run able to continue with its own recipe", async () => {
  const { now, sent } = await opened([gatesRun("a", { made })]);
  await now().step();
  const before = now().recipe;
  await now().restoreRun("a");
  expect(now().recipe.seed).toBe(7);
  await now().train();
  expect(sent.findLast(({ type }) => type === "train")).toMatchObject({ recipe: before });
});

it("is refused with its reason for another model, and for SparseGPT", async () => {
  const [other, kept] = [
    gatesRun("b", { model: { name: "other", modelType: "llama", fingerprint: "g" } }),
    weightsRun("c"),
  ];
  const { now, types } = await opened([other, kept]);
  await now().restoreRun("b");
  expect(now().runsError?.message).toBe("This run belongs to other. Open other first.");
  expect(types()).not.toContain("restore");
  expect(modelRefusal(now(), other.record)).not.toBeNull();
  expect(modelNeeded(now(), other.record)).toMatch(/^Open other to load the run, measure it/);
  const version = { ...kept.record, model: { ...kept.record.model, fingerprint: "g" } };
  expect(modelNeeded(now(), version)).toMatch(/^Open the version of tiny that this run was made with to load/);
  expect(modelNeeded(now(), kept.record)).toBeNull();
  expect(modelNeeded({ model: { phase: "closed" } }, kept.record)).toMatch(/^Open tiny to load/);
  expect(restoreRefusal(now(), kept.record)).toBeNull();
  const { made: weights } = kept.record;
  if (weights.kind !== "weights") throw new Error("expected single weights");
  const sparse = { ...kept.record, made: { ...weights, recipe: { ...weights.recipe, method: "sparsegpt" as const } } };
  expect(restoreRefusal(now(), sparse)).toMatch(/SparseGPT also changes/);
  const guard = { before: 28, after: 24, tokens: 4096 };
  const recovery = {
    ...{ recipe: RECOVERED.recipe, bestStep: 300, guard, prunedBefore: 27 },
    weightsSha256: "a".repeat(64),
  };
  expect(restoreRefusal(now(), { ...kept.record, recovery })).toMatch(/recovered weights of this run are not saved/);
});
