// Examples are shown beside the user's runs: nothing of them is saved, they replace nothing, and leaving them brings back what was there.
import { expect, it } from "vitest";
import { DEFAULT_RECIPE, type Run } from "../../engine/index.ts";
import { EXAMPLE_RUNS } from "../../shared/exampleRuns.ts";
import { architectureAt, bench, type Script } from "../client.fixture.ts";
import { shownWords } from "../run/shown.ts";
import { gatesRun } from "./savedRuns.fixture.ts";

const recipe = { ...DEFAULT_RECIPE, seed: 7 };
const made = { kind: "disp", recipe, steps: 600 } as const;
const example: Run = gatesRun(EXAMPLE_RUNS.first, { name: "Example: DISP 50 %, seed 7", made });

async function opened(script: Script = {}) {
  const studio = bench({
    examples: () => [example],
    restore: ({ run }) => ({ architecture: architectureAt(0.5, 600, run.record.id) }),
    record: () => gatesRun("measured", {}, "Aw=="),
    ...script,
  });
  await studio.store.getState().loadRuns();
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  return { ...studio, now: studio.store.getState };
}

it("are the current pruning at once where nothing is pruned, and are named as what they are", async () => {
  const { now, settle } = await opened();
  await now().showExamples();
  await settle();
  expect(now()).toMatchObject({ restored: { record: { id: EXAMPLE_RUNS.first } }, recipe: { seed: 7 }, runs: [] });
  expect(shownWords(now())).toBe("Example: DISP 50 %, seed 7 (comes with Espalier, not a run of yours)");
  expect((await now().shownRun())?.record.id).toBe(EXAMPLE_RUNS.first);
});

it("are not saved, whatever is measured of them, nor renamed, removed or exported", async () => {
  const { now, settle, types } = await opened();
  await now().showExamples();
  await settle();
  await now().saveTime({ dense: 2, pruned: 1 });
  await now().saveScores();
  await now().saveRun();
  await now().keepPoint();
  expect(types()).not.toContain("record");
  await now().renameRun(EXAMPLE_RUNS.first, "mine");
  await now().removeRun(EXAMPLE_RUNS.first);
  expect(now()).toMatchObject({ runs: [], removedRuns: [], examples: [example] });
  expect(await now().exportRuns([EXAMPLE_RUNS.first])).toBe("[]\n");
});

it("replace no pruning of the user's until one is loaded", async () => {
  const { now, settle, types, emit } = await opened();
  emit({ type: "architecture", architecture: architectureAt(0.5, 9) });
  await now().train();
  await settle();
  await now().showExamples();
  expect(now().examples).toEqual([example]);
  expect(now()).toMatchObject({ restored: null, architecture: { run: "first" } });
  expect(types()).not.toContain("restore");
  await now().loadExample(EXAMPLE_RUNS.first);
  expect(now().restored?.record.id).toBe(EXAMPLE_RUNS.first);
  await now().leaveExamples();
  expect(now()).toMatchObject({ examples: null, restored: null, architecture: { run: "first" } });
});

it("are left for the dense model, with the settings from before, and no checkpoint is touched", async () => {
  const { now, settle, types } = await opened();
  now().setRecipe({ seed: 3 });
  await now().showExamples();
  await settle();
  await now().leaveExamples();
  expect(types()).toContain("showDense");
  expect(types()).not.toContain("reset");
  expect(now()).toMatchObject({ examples: null, restored: null, architecture: null, recipe: { seed: 3 } });
});

it("leave a recipe that was changed meanwhile", async () => {
  const { now, settle } = await opened();
  await now().showExamples();
  await settle();
  now().setRecipe({ seed: 12 });
  await now().leaveExamples();
  expect(now().recipe.seed).toBe(12);
});

it("say why they cannot be read, and are asked for again", async () => {
  let broken = true;
  const { now } = await opened({
    examples: () => (broken ? Promise.reject(new Error("no network")) : [example]),
  });
  await now().showExamples();
  expect(now()).toMatchObject({ examples: null, runsError: { message: "no network" } });
  broken = false;
  await now().showExamples();
  expect(now()).toMatchObject({ examples: [example], runsError: null });
});
