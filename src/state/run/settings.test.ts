// Undo of settings over many changes, and presets.
import { describe, expect, it } from "vitest";
import { checkRecipe, checkWeightRecipe, DEFAULT_RECIPE, DEFAULT_WEIGHT_RECIPE } from "../../engine/index.ts";
import { bench, FACTS } from "../client.fixture.ts";
import { PRESETS, presetOf, withPreset } from "./presets.ts";
import { settingsOf } from "./settingsSlice.ts";

function opened() {
  const studio = bench();
  studio.store.setState({ model: { phase: "open", facts: FACTS } });
  const state = () => studio.store.getState();
  return { ...studio, state, recipe: () => state().recipe };
}
/** Ends the change that is under way. */
const REST = 1000;

describe("undo", () => {
  it("takes changes back one by one and says which, and redoes them", () => {
    const { state, recipe, pass } = opened();
    state().setRecipe({ steps: 300 });
    pass(REST);
    state().setRatio(0.4);
    state().undoSettings();
    expect([recipe().ratio, recipe().steps]).toEqual([0.5, 300]);
    expect(state().status).toBe("Undone: target 50 % (was 40 %).");
    state().undoSettings();
    expect(recipe()).toEqual(DEFAULT_RECIPE);
    expect(state().status).toBe("Undone: steps 600 (was 300).");
    state().undoSettings();
    expect(recipe()).toEqual(DEFAULT_RECIPE);
    state().redoSettings();
    state().redoSettings();
    expect([recipe().ratio, recipe().steps]).toEqual([0.4, 300]);
    expect(state().status).toBe("Redone: target 40 % (was 50 %).");
    expect(state().redoable).toEqual([]);
  });

  it("is of a moved slider as a whole, and a new change ends what can be redone", () => {
    const { state, recipe, pass } = opened();
    for (const ratio of [0.49, 0.48, 0.47]) state().setRatio(ratio);
    pass(REST);
    state().setRatio(0.6);
    expect(state().undoable).toHaveLength(2);
    state().undoSettings();
    expect(recipe().ratio).toBe(0.47);
    state().setRecipe({ seed: 9 });
    expect(state().redoable).toEqual([]);
    state().undoSettings();
    state().undoSettings();
    expect(recipe()).toEqual(DEFAULT_RECIPE);
  });

  it("takes the method back with its recipe", () => {
    const { state, pass } = opened();
    state().chooseMethod("wanda");
    pass(REST);
    state().setWeightRecipe({ pattern: "4:8" });
    state().undoSettings();
    expect(state().weightRecipe.pattern).toBe("2:4");
    state().undoSettings();
    expect([state().method, state().weightRecipe.method]).toEqual(["disp", "dass"]);
    expect(state().undoable).toEqual([]);
  });

  it("changes only the target while a run is locked", () => {
    const { state, store, recipe, pass } = opened();
    state().setRecipe({ steps: 300 });
    pass(REST);
    state().setRatio(0.4);
    store.setState({ run: { phase: "paused", step: 3, of: 300 } });
    state().undoSettings();
    expect(recipe().ratio).toBe(0.5);
    state().undoSettings();
    expect(recipe().steps).toBe(300);
  });

  it("does not begin before a model is there", () => {
    const { store } = bench();
    store.getState().setRecipe({ steps: 9 });
    expect(store.getState().undoable).toEqual([]);
  });
});

describe("presets", () => {
  const usual = {
    method: "disp",
    recipe: { ...DEFAULT_RECIPE, ratio: 0.4, seed: 7 },
    weightRecipe: DEFAULT_WEIGHT_RECIPE,
  } as const;

  it.each(PRESETS.map((preset) => [preset.id, preset] as const))(
    "%s is valid, is found again, and keeps target and seed",
    (id, preset) => {
      const settings = withPreset(usual, preset, 512);
      checkRecipe(settings.recipe);
      checkWeightRecipe(settings.weightRecipe);
      expect(presetOf(settings, 512)?.id).toBe(id);
      expect(settings.recipe).toMatchObject({ ratio: 0.4, seed: 7 });
      expect(Math.max(settings.recipe.tokens, settings.weightRecipe.tokens)).toBeLessThanOrEqual(512);
    },
  );

  it("names none for settings of the user’s own", () => {
    expect(presetOf({ ...usual, recipe: { ...usual.recipe, lambda: 5 } }, null)).toBeNull();
    expect(presetOf(settingsOf(usual), null)?.id).toBe("default");
  });
});
