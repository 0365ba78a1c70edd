// What quantising on opening costs in perplexity: measured once per model and text, after the dense model.
import { quantisedOnOpening } from "../../engine/index.ts";
import type { Deps } from "../slice.ts";
import type { GetState, StudioState } from "../storeState.ts";

/** Whether the open model was quantised when it was opened and nobody has measured, or tried to measure, what that costs. */
export function missesQuantisation({ model, quantisation, gpuMemoryBytes }: StudioState): boolean {
  if (model.phase !== "open" || !quantisedOnOpening(model.facts.gpuDtype)) return false;
  if (quantisation.phase !== "measured") return quantisation.phase === "none";
  // with another memory the second model may fit
  return "notMeasured" in quantisation.result.cost && quantisation.memoryBytes !== gpuMemoryBytes;
}

/** The task that measures it. */
export function quantisationMeasurement({ client, task }: Deps, get: GetState) {
  return task({
    name: "quantisation",
    isRunning: ({ quantisation }) => quantisation.phase === "measuring",
    run: () => {
      const memoryBytes = get().gpuMemoryBytes;
      return {
        begin: { quantisation: { phase: "measuring" } },
        work: () => client.request({ type: "quantisation", tokens: get().evaluationTokens }),
        done: (result) => ({ quantisation: { phase: "measured", result, memoryBytes } }),
        cancelled: () => ({ quantisation: { phase: "none" } }),
        failed: (error) => ({ quantisation: { phase: "failed", error } }),
      };
    },
  });
}
