// Pruning of single weights in the store: what it replaces and what replaces it, what is measured, refusals and stops.
import { describe, expect, it } from "vitest";
import { DEFAULT_WEIGHT_RECIPE, EngineError } from "../../engine/index.ts";
import { isPruned, prunedNow, samePruned } from "./prunedNow.ts";
import { architectureAt, AT_HALF, bench, type Script } from "../client.fixture.ts";

async function opened(script: Script = {}) {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.sent.length = 0;
  return { ...studio, state: () => studio.store.getState() };
}

describe("single weights", () => {
  it("are pruned by the recipe, take the architecture's place and are measured", async () => {
    const { state, store, sent, settle } = await opened();
    store.setState({ architecture: architectureAt(0.5, 9) });
    state().chooseMethod("wanda");
    state().setWeightRecipe({ pattern: "4:8" });
    const recipe = { ...DEFAULT_WEIGHT_RECIPE, method: "wanda", pattern: "4:8" };
    const pruning = state().pruneWeights();
    expect(state().weighing.phase).toBe("pruning");
    await pruning;
    await settle();
    expect(sent).toEqual([
      { type: "pruneWeights", recipe },
      { type: "perplexity", subject: "pruned", tokens: 2048 },
      { type: "record", msPerToken: null },
    ]);
    expect(state()).toMatchObject({ architecture: null, weights: { recipe }, weighing: { phase: "none" } });
    expect(state().pruned).toMatchObject({ phase: "measured", last: { of: { ratio: 1, step: 0, recipe } } });
    expect(isPruned(state())).toBe(true);
  });

  it("are measured again after another pruning that keeps as much", async () => {
    const { state, types, settle } = await opened();
    await state().pruneWeights();
    await settle();
    state().chooseMethod("magnitude");
    await state().pruneWeights();
    await settle();
    expect(types()).toEqual(["pruneWeights", "perplexity", "record", "pruneWeights", "perplexity", "record"]);
    expect(prunedNow(state())?.recipe?.method).toBe("magnitude");
  });

  it("are prepared for export, and known as moved on once pruned otherwise", async () => {
    const studio = await opened({
      prepareExport: () => ({ checks: [], of: prunedNow(studio.state()) ?? AT_HALF }),
    });
    const { state } = studio;
    await state().pruneWeights();
    await state().prepareExport();
    expect(state().exported.last?.of.recipe).toEqual(DEFAULT_WEIGHT_RECIPE);
    const known = (): boolean => {
      const [of, now] = [state().exported.last?.of, prunedNow(state())];
      return of !== undefined && now !== null && samePruned(of, now);
    };
    expect(known()).toBe(true);
    await state().pruneWeights();
    expect(known()).toBe(false);
  });

  it("go with an architecture, a reset and another model", async () => {
    const { state, say, settle } = await opened();
    await state().pruneWeights();
    await settle();
    say({ type: "architecture", architecture: architectureAt(0.5, 9) });
    expect(state()).toMatchObject({ weights: null, pruned: { phase: "none" }, architecture: { step: 9 } });
    await state().pruneWeights();
    await state().reset();
    expect(isPruned(state())).toBe(false);
    await state().pruneWeights();
    await state().open({ kind: "hub", address: "a/b" });
    expect(state().weights).toBeNull();
  });

  it("are not asked for by a recipe out of bounds; a refusal is said, a stop is not", async () => {
    let code: "cancelled" | "unsupported" = "unsupported";
    const { state, types, settle } = await opened({
      pruneWeights: () => Promise.reject(new EngineError(code, "stopped")),
    });
    state().setWeightRecipe({ pattern: "4:2" });
    await state().pruneWeights();
    expect(state().weighing).toMatchObject({ phase: "failed", error: { code: "config" } });
    state().setWeightRecipe({ pattern: "2:4" });
    await state().pruneWeights();
    expect(state().weighing).toMatchObject({ phase: "failed", error: { code: "unsupported" } });
    code = "cancelled";
    await state().pruneWeights();
    expect(state()).toMatchObject({ weighing: { phase: "none" }, weights: null });
    const stopped = state().pruneWeights();
    await state().cancelWeights();
    await stopped;
    await settle();
    expect(state()).toMatchObject({ weighing: { phase: "none" }, weights: null });
    // the last one was called off before its turn came
    expect(types().filter((type) => type !== "perplexity")).toEqual(["pruneWeights", "pruneWeights", "cancel"]);
  });

  it("choosing DISP keeps the recipe of single weights", async () => {
    const { state } = await opened();
    state().chooseMethod("sparsegpt");
    state().chooseMethod("disp");
    expect(state()).toMatchObject({ method: "disp", weightRecipe: { method: "sparsegpt" } });
  });
});
