// Pruning of single weights in the store: what it replaces and what replaces it, what is measured, refusals and cancels.
import { describe, expect, it } from "vitest";
import { DEFAULT_WEIGHT_RECIPE, EngineError } from "../../engine/index.ts";
import { isPruned, currentPruning, samePruned } from "./currentPruning.ts";
import { architectureAt, AT_HALF, bench, type Script } from "../client.fixture.ts";

async function opened(script: Script = {}) {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.sent.length = 0;
  return { ...studio, state: () => studio.store.getState() };
}

describe("single weights", () => {
  it("are pruned by the recipe, replace the architecture and are measured", async () => {
    const { state, store, sent, settle } = await opened();
    store.setState({ architecture: architectureAt(0.5, 9) });
    state().chooseMethod("wanda");
    state().setWeightRecipe({ pattern: "4:8" });
    const recipe = { ...DEFAULT_WEIGHT_RECIPE, method: "wanda", pattern: "4:8" };
    const pruning = state().pruneWeights();
    expect(state().weightPruning.phase).toBe("pruning");
    await pruning;
    await settle();
    expect(sent).toEqual([
      { type: "pruneWeights", recipe },
      { type: "perplexity", subject: "pruned", tokens: 2048 },
      { type: "record", of: "shown", msPerToken: null },
    ]);
    expect(state()).toMatchObject({ architecture: null, weights: { recipe }, weightPruning: { phase: "none" } });
    expect(state().pruned).toMatchObject({ phase: "measured", last: { of: { ratio: 1, step: 0, recipe } } });
    expect(isPruned(state())).toBe(true);
  });

  it("are measured again after another pruning that keeps the same number", async () => {
    const { state, types, settle } = await opened();
    await state().pruneWeights();
    await settle();
    state().chooseMethod("magnitude");
    await state().pruneWeights();
    await settle();
    expect(types()).toEqual(["pruneWeights", "perplexity", "record", "pruneWeights", "perplexity", "record"]);
    expect(currentPruning(state())?.recipe?.method).toBe("magnitude");
  });

  it("are prepared for export, and recognised as outdated after another pruning", async () => {
    const studio = await opened({
      prepareExport: () => ({ checks: [], of: currentPruning(studio.state()) ?? AT_HALF }),
    });
    const { state } = studio;
    await state().pruneWeights();
    await state().prepareExport();
    expect(state().exported.last?.of.recipe).toEqual(DEFAULT_WEIGHT_RECIPE);
    const known = (): boolean => {
      const [of, now] = [state().exported.last?.of, currentPruning(state())];
      return of !== undefined && now !== null && samePruned(of, now);
    };
    expect(known()).toBe(true);
    await state().pruneWeights();
    expect(known()).toBe(false);
  });

  it("are cleared by an architecture, a reset and another model", async () => {
    const { state, emit, settle } = await opened();
    await state().pruneWeights();
    await settle();
    emit({ type: "architecture", architecture: architectureAt(0.5, 9) });
    expect(state()).toMatchObject({ weights: null, pruned: { phase: "none" }, architecture: { step: 9 } });
    await state().pruneWeights();
    await state().reset();
    expect(isPruned(state())).toBe(false);
    await state().pruneWeights();
    await state().open({ kind: "hub", address: "a/b" });
    expect(state().weights).toBeNull();
  });

  it("are not requested with a recipe out of bounds; a refusal is shown, a cancel is not", async () => {
    let code: "cancelled" | "unsupported" = "unsupported";
    const { state, types, settle } = await opened({
      pruneWeights: () => Promise.reject(new EngineError(code, "stopped")),
    });
    state().setWeightRecipe({ pattern: "4:2" });
    await state().pruneWeights();
    expect(state().weightPruning).toMatchObject({ phase: "failed", error: { code: "config" } });
    state().setWeightRecipe({ pattern: "2:4" });
    await state().pruneWeights();
    expect(state().weightPruning).toMatchObject({ phase: "failed", error: { code: "unsupported" } });
    code = "cancelled";
    await state().pruneWeights();
    expect(state()).toMatchObject({ weightPruning: { phase: "none" }, weights: null });
    const stopped = state().pruneWeights();
    await state().cancelWeights();
    await stopped;
    await settle();
    expect(state()).toMatchObject({ weightPruning: { phase: "none" }, weights: null });
    // the last one was cancelled before its turn
    expect(types().filter((type) => type !== "perplexity")).toEqual(["pruneWeights", "pruneWeights", "cancel"]);
  });

  it("choosing DISP keeps the recipe of single weights", async () => {
    const { state } = await opened();
    state().chooseMethod("sparsegpt");
    state().chooseMethod("disp");
    expect(state()).toMatchObject({ method: "disp", weightRecipe: { method: "sparsegpt" } });
  });
});
