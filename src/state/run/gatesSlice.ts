// The run's architecture at the target, and the slider: at most one request at a time and per frame, and the last value wins.
import { EngineError } from "../../engine/index.ts";
import type { SliceOf } from "../slice.ts";
import { showArchitecture } from "./currentPruning.ts";
import { clampRatio } from "./ratio.ts";
import type { GatesSlice } from "./runState.ts";

/** The slider rests when it has not moved for this long; then the pruned model is measured. */
export const REST_MS = 600;

export const gatesSlice: SliceOf<GatesSlice> = (deps, set, get) => {
  const { client, clock, on } = deps;
  on({ model: { clear: () => ({ architecture: null }) } });
  let request: "none" | "scheduled" | "sent" = "none";
  let again = false;
  let cancelRest = (): void => undefined;

  const rested = (): void => {
    if (request === "none") get().measureMissing();
    else cancelRest = clock.after(REST_MS, rested);
  };
  const send = async (): Promise<void> => {
    request = "sent";
    again = false;
    try {
      const architecture = await client.request({ type: "target", ratio: get().recipe.ratio });
      if (architecture) showArchitecture(deps, set, get, architecture);
    } catch (thrown) {
      get().report(EngineError.from(thrown), { context: "training" });
    }
    request = "none";
    if (again) schedule();
  };
  const schedule = (): void => {
    if (request === "none") {
      request = "scheduled";
      clock.frame(() => void send());
    } else if (request === "sent") again = true;
  };

  return {
    architecture: null,
    setRatio(ratio) {
      const { recipe, model, pruned, setRecipe, retarget, stopMeasuring, yieldCurve } = get();
      const next = clampRatio(ratio);
      if (!Number.isFinite(next) || next === recipe.ratio) return;
      setRecipe({ ratio: next });
      if (model.phase !== "open") return;
      // The slider has left the masks that are being measured.
      if (pruned.phase === "measuring") stopMeasuring();
      yieldCurve();
      retarget();
    },
    retarget() {
      schedule();
      cancelRest();
      cancelRest = clock.after(REST_MS, rested);
    },
  };
};
