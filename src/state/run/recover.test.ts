// Recovery in the store: what it replaces, what is measured and saved afterwards, undoing, stopping, and refusals.
import { describe, expect, it } from "vitest";
import { DEFAULT_REFIT_RECIPE, EngineError } from "../../engine/index.ts";
import { architectureAt, bench, RECOVERED, REFITTED, type Script } from "../client.fixture.ts";
import { gatesRun } from "../runs/savedRuns.fixture.ts";
import { currentPruning } from "./currentPruning.ts";
import { recoverSeconds } from "./recoverSlice.ts";
import { shownWords } from "./shown.ts";

async function trained(script: Script = {}) {
  const studio = bench(script);
  const state = () => studio.store.getState();
  await state().open({ kind: "embedded" });
  await studio.settle();
  studio.store.setState({ architecture: architectureAt(0.5, 9), run: { phase: "done", step: 9, of: 9 } });
  state().measureMissing();
  await studio.settle();
  await studio.settle();
  studio.sent.length = 0;
  return { ...studio, state };
}

const GUARD = { type: "guard", reading: { step: 0, value: 27, dense: 20 } } as const;

describe("a recovery", () => {
  it("shows the guard, becomes the current pruning, is measured, and is saved as it is shown", async () => {
    const { state, sent, emit, settle } = await trained();
    state().chooseRecovery({ steps: 40 });
    const done = state().recover();
    emit(GUARD);
    expect(state().recovery).toEqual({ phase: "recovering", readings: [GUARD.reading] });
    await done;
    await settle();
    expect(sent).toEqual([
      { type: "recover", choice: { steps: 40, matrices: "out", seed: 1 }, tokens: 2048 },
      { type: "perplexity", subject: "pruned", tokens: 2048 },
      { type: "record", of: "shown", msPerToken: null },
    ]);
    expect(currentPruning(state())?.run).toBe("recovered");
    expect(state().recovered).toEqual({ facts: RECOVERED, readings: [GUARD.reading] });
    expect(state().recovery.phase).toBe("none");
    expect(shownWords(state())).toMatch(/^DISP 50 %, seed 1, recovered, 300 steps$/);
    await state().recover();
    expect(sent).toHaveLength(3);
  });

  it("is by adapters while a rank is chosen, until matrices are", async () => {
    const { state, sent } = await trained();
    state().chooseRecovery({ matrices: "all", rank: 8 });
    state().chooseRecovery({ steps: 40 });
    await state().recover();
    expect(sent[0]).toEqual({
      type: "recover",
      choice: { steps: 40, matrices: "all", rank: 8, seed: 1 },
      tokens: 2048,
    });
    state().chooseRecovery({ matrices: "all" });
    expect(state().recoverChoice).toEqual({ steps: 40, matrices: "all", seed: 1 });
  });

  it("refuses a rank out of bounds", async () => {
    const { state, sent } = await trained();
    state().chooseRecovery({ matrices: "all", rank: 65 });
    await state().recover();
    expect(sent).toEqual([]);
    expect(state().recovery).toMatchObject({ phase: "failed", error: { code: "config" } });
  });

  it("does not add its perplexity to the curves of the run", async () => {
    const { state, series, settle } = await trained();
    const before = series.history();
    await state().recover();
    await settle();
    expect(state().pruned.phase).toBe("measured");
    expect(series.history()).toEqual(before);
  });

  it("that does not improve leaves the current pruning, and says so", async () => {
    const facts = { ...RECOVERED, undone: true };
    const { state, types, settle } = await trained({ recover: () => ({ facts, pruned: null }) });
    await state().recover();
    await settle();
    expect(state().recovery).toMatchObject({ phase: "undone", facts });
    expect(currentPruning(state())?.run).toBe("first");
    expect(state().recovered).toBeNull();
    expect(types()).toEqual(["recover"]);
  });

  it("is undone: the pruning before is current and measured again", async () => {
    const { state, types, settle } = await trained();
    await state().recover();
    await settle();
    await state().undoRecovery();
    await settle();
    expect(currentPruning(state())?.run).toBe("first");
    expect(state().recovered).toBeNull();
    expect(types().slice(3)).toEqual(["undoRecovery", "perplexity", "record"]);
  });

  it("ends by moving the target, which goes back to the run", async () => {
    const { state, frame, settle } = await trained();
    await state().recover();
    await settle();
    state().setRatio(0.6);
    frame();
    await settle();
    expect(state().architecture).toMatchObject({ run: "first", ratio: 0.6 });
    expect(state().recovered).toBeNull();
  });

  it("is stopped by the worker, and shows an error of its own", async () => {
    const studio = await trained({ recover: () => Promise.reject(new EngineError("shape", "too short")) });
    await studio.state().recover();
    expect(studio.state().recovery).toMatchObject({ phase: "failed", error: { code: "shape" } });
    let end = (): void => undefined;
    const { state, types, settle } = await trained({
      recover: () => new Promise((resolve) => (end = () => resolve({ facts: RECOVERED, pruned: null }))),
      cancel: () => (end(), null),
    });
    const running = state().recover();
    await settle();
    await state().stopRecovery();
    await running;
    expect(types().slice(0, 2)).toEqual(["recover", "cancel"]);
    expect(state().recovery.phase).toBe("undone");
  });

  it("is paused, and resumed with its own choice on what it trains", async () => {
    const choice = { steps: 40, matrices: "all", seed: 3 } as const;
    const paused = { choice, step: 20, readings: [GUARD.reading], of: "DISP 50 %, seed 1" };
    let end = (): void => undefined;
    let pausing = true;
    const { state, emit, sent, settle } = await trained({
      pauseRecovery: () => (end(), null),
      recover: () =>
        pausing
          ? new Promise((resolve) => (end = () => resolve({ paused: true })))
          : { facts: RECOVERED, pruned: { architecture: architectureAt(0.5, 9, "recovered") } },
    });
    const running = state().recover();
    await settle();
    await state().pauseRecovery();
    emit({ type: "pausedRecovery", paused });
    await running;
    expect(sent.map(({ type }) => type)).toEqual(["recover", "pauseRecovery"]);
    expect(state()).toMatchObject({ recovery: { phase: "none" }, recovered: null, pausedRecovery: paused });
    pausing = false;
    sent.length = 0;
    const resumed = state().resumeRecovery();
    await resumed;
    expect(sent.slice(0, 2)).toEqual([
      { type: "restoreRecovery" },
      { type: "recover", choice, tokens: 2048, resume: true },
    ]);
    expect(state().recovered?.readings).toEqual([GUARD.reading]);
    await settle();
  });

  it("of an earlier session restores what it trains; one that cannot be restored is not resumed", async () => {
    const { record } = gatesRun("a");
    const { state, types, emit } = await trained({
      restoreRecovery: () => ({ restored: { pruned: { architecture: architectureAt(0.4, 5, "a") }, record } }),
    });
    const choice = { steps: 40, matrices: "out", seed: 1 } as const;
    const paused = { type: "pausedRecovery", paused: { choice, step: 20, readings: [], of: "x" } } as const;
    emit(paused);
    await state().resumeRecovery();
    expect(state().restored?.record.id).toBe("a");
    expect(types()).toContain("recover");
    const refused = await trained({
      restoreRecovery: () => Promise.reject(new EngineError("unsupported", "SparseGPT changes the weights")),
    });
    refused.emit(paused);
    await refused.state().resumeRecovery();
    expect(refused.types()).toEqual(["restoreRecovery"]);
    expect(refused.state().notices).toMatchObject([{ error: { code: "unsupported" } }]);
    await refused.state().discardRecovery();
    expect(refused.types()).toContain("discardRecovery");
  });

  it("is refused for a choice out of bounds, before the worker gets it", async () => {
    const { state, types } = await trained();
    state().chooseRecovery({ steps: 0 });
    await state().recover();
    expect(types()).toEqual([]);
    expect(state().recovery).toMatchObject({ phase: "failed", error: { code: "config" } });
  });
});

describe("a refit", () => {
  it("is measured and saved like a recovery, and undone", async () => {
    const { state, sent, types, settle } = await trained();
    const done = state().refit();
    expect(state().recovery).toEqual({ phase: "recovering", readings: [], refit: true });
    await done;
    await settle();
    expect(sent).toEqual([
      { type: "refit", tokens: 2048 },
      { type: "perplexity", subject: "pruned", tokens: 2048 },
      { type: "record", of: "shown", msPerToken: null },
    ]);
    expect(currentPruning(state())?.run).toBe("refitted");
    expect(state().recovered).toEqual({ facts: REFITTED, readings: [] });
    expect(shownWords(state())).toBe("DISP 50 %, seed 1, refitted");
    await state().refit();
    expect(sent).toHaveLength(3);
    await state().undoRecovery();
    await settle();
    expect(currentPruning(state())?.run).toBe("first");
    expect(state().recovered).toBeNull();
    expect(types().slice(3)).toEqual(["undoRecovery", "perplexity", "record"]);
  });

  it("can be followed by training, whose undoing goes back to it", async () => {
    const { state, settle } = await trained({
      recover: () => ({
        facts: { ...RECOVERED, refit: DEFAULT_REFIT_RECIPE },
        pruned: { architecture: architectureAt(0.5, 9, "recovered") },
      }),
    });
    await state().refit();
    await settle();
    await state().recover();
    await settle();
    expect(shownWords(state())).toBe("DISP 50 %, seed 1, refitted, recovered, 300 steps");
    expect(state().recovered).toMatchObject({ facts: { step: 300 }, after: { facts: REFITTED } });
    await state().refit();
    await state().recover();
    expect(currentPruning(state())?.run).toBe("recovered");
    await state().undoRecovery();
    await settle();
    expect(state().recovered).toEqual({ facts: REFITTED, readings: [] });
  });

  it("that does not improve says so, and a stop leaves everything as it was", async () => {
    const facts = { ...REFITTED, undone: true };
    const undone = await trained({ refit: () => ({ facts, pruned: null }) });
    await undone.state().refit();
    await undone.settle();
    expect(undone.state().recovery).toMatchObject({ phase: "undone", facts });
    expect(undone.types()).toEqual(["refit"]);
    let end = (): void => undefined;
    const { state, types, settle } = await trained({
      refit: () => new Promise((_, reject) => (end = () => reject(new EngineError("cancelled", "stopped")))),
      cancel: () => (end(), null),
    });
    const running = state().refit();
    await settle();
    await state().recover();
    await state().stopRecovery();
    await running;
    expect(types().slice(0, 2)).toEqual(["refit", "cancel"]);
    expect(types()).not.toContain("recover");
    expect(state().recovery.phase).toBe("none");
    expect(currentPruning(state())?.run).toBe("first");
  });
});

it("its time follows from the training's pace, and then from its own", async () => {
  const { state, store, settle } = await trained();
  expect(recoverSeconds(state())).toBeNull();
  store.setState({ pace: { msPerStep: 100, secondsLeft: 0 } });
  const tokens = state().recipe.tokens;
  expect(recoverSeconds(state())).toBeCloseTo((300 * 100 * 128 * (1 / 3 + 0.5)) / tokens / 1000);
  await state().recover();
  await settle();
  expect(recoverSeconds(state())).toBe(3);
});
