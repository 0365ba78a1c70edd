// One-shot pruning of single weights: method, recipe, the pruning itself, and windows of a matrix for the map.
import { checkWeightRecipe, DEFAULT_WEIGHT_RECIPE } from "../../engine/index.ts";
import type { SliceOf } from "../slice.ts";
import { replacePruning } from "./currentPruning.ts";
import type { WeightsSlice } from "./runState.ts";

export const weightsSlice: SliceOf<WeightsSlice> = (deps, set, get) => {
  const { client, task, on, series, turn } = deps;
  const idle = { weightPruning: { phase: "none" } } as const;
  on({ model: { clear: () => ({ ...idle, weights: null }) } });
  const pruning = task({
    name: "weights",
    isRunning: ({ weightPruning }) => weightPruning.phase === "pruning",
    measuring: "stops",
    run() {
      const { model, run, pendingCommand, weightRecipe: recipe } = get();
      if (model.phase !== "open" || run.phase === "training" || pendingCommand === "train") return null;
      return {
        check: () => checkWeightRecipe(recipe),
        begin: { weightPruning: { phase: "pruning" } },
        work: () => client.request({ type: "pruneWeights", recipe }),
        done(weights) {
          series.show(null);
          return { ...replacePruning(deps, { weights }), ...idle };
        },
        cancelled: () => idle,
        failed: (error) => ({ weightPruning: { phase: "failed", error } }),
      };
    },
  });
  return {
    ...idle,
    method: "disp",
    weightRecipe: DEFAULT_WEIGHT_RECIPE,
    weights: null,
    setWeightRecipe: (patch) => set(({ weightRecipe }) => ({ weightRecipe: { ...weightRecipe, ...patch } })),
    chooseMethod(method) {
      set({ method });
      if (method !== "disp") get().setWeightRecipe({ method });
    },
    pruneWeights: pruning.start,
    cancelWeights: pruning.cancel,
    readMatrix(request) {
      const read = () => client.request({ type: "matrix", ...request });
      // SparseGPT's values are on the GPU, which does one thing at a time
      return request.show === "change" ? turn(read) : read();
    },
    weightWindow: (place) => client.request({ type: "weightWindow", ...place }),
  };
};
