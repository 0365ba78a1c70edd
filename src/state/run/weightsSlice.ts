// One-shot pruning of single weights: method and recipe, the pruning itself, and windows into a matrix for the map.
import { checkWeightRecipe, DEFAULT_WEIGHT_RECIPE, EngineError } from "../../engine/index.ts";
import { withWeights } from "./prunedNow.ts";
import type { SliceOf, WeightsSlice } from "../storeState.ts";

export const weightsSlice: SliceOf<WeightsSlice> = ({ client, turn, cancelTask: callOff }, set, get) => ({
  method: "disp",
  weightRecipe: DEFAULT_WEIGHT_RECIPE,
  weights: null,
  weighing: { phase: "none" },
  setWeightRecipe: (patch) => set(({ weightRecipe }) => ({ weightRecipe: { ...weightRecipe, ...patch } })),
  chooseMethod(method) {
    set({ method });
    if (method !== "disp") get().setWeightRecipe({ method });
  },
  async pruneWeights() {
    const { weighing, model, run, asked, weightRecipe: recipe } = get();
    if (weighing.phase === "pruning" || model.phase !== "open" || run.phase === "training" || asked === "play") return;
    set({ weighing: { phase: "pruning" } });
    try {
      checkWeightRecipe(recipe);
      get().dropMeasurements();
      const weights = await turn(() => client.request({ type: "pruneWeights", recipe }), "weights");
      set({ ...withWeights(weights), weighing: { phase: "none" } });
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set({ weighing: error.code === "cancelled" ? { phase: "none" } : { phase: "failed", error } });
      if (error.code === "device-lost") get().report(error);
    } finally {
      get().setProgress("weights", null);
    }
    if (get().device.phase === "ready") get().measureMissing();
  },
  async cancelWeights() {
    if (get().weighing.phase === "pruning") await callOff("weights");
  },
  weightWindow: (name, row, col, rows, cols) => client.request({ type: "weightWindow", name, row, col, rows, cols }),
});
