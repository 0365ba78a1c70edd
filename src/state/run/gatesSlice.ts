// The architecture on the screen and the slider that chooses it: at most one request on its way, one a frame, the last value wins.
import { EngineError } from "../../engine/index.ts";
import { withArchitecture } from "./prunedNow.ts";
import { clampRatio } from "./ratio.ts";
import type { GatesSlice, SliceOf } from "../storeState.ts";

/** The slider rests after this long without a move; then the pruned model is measured again. */
export const REST_MS = 600;

export const gatesSlice: SliceOf<GatesSlice> = ({ client, clock }, set, get) => {
  let sending: "no" | "scheduled" | "sent" = "no";
  let again = false;
  let endRest = (): void => undefined;

  const rested = (): void => {
    if (sending === "no") get().measureMissing();
    else endRest = clock.after(REST_MS, rested);
  };
  const send = async (): Promise<void> => {
    sending = "sent";
    again = false;
    try {
      const architecture = await client.request({ type: "target", ratio: get().recipe.ratio });
      if (architecture) set(withArchitecture(architecture));
    } catch (thrown) {
      get().report(EngineError.from(thrown));
    }
    sending = "no";
    if (again) schedule();
  };
  const schedule = (): void => {
    if (sending === "no") {
      sending = "scheduled";
      clock.frame(() => void send());
    } else if (sending === "sent") again = true;
  };

  return {
    architecture: null,
    setRatio(ratio) {
      const { recipe, model, pruned, setRecipe, retarget, dropMeasurements, yieldCurve } = get();
      const next = clampRatio(ratio);
      if (!Number.isFinite(next) || next === recipe.ratio) return;
      setRecipe({ ratio: next });
      if (model.phase !== "open") return;
      // A measurement of masks that the slider has left is of no use.
      if (pruned.phase === "measuring") dropMeasurements();
      yieldCurve();
      retarget();
    },
    retarget() {
      schedule();
      endRest();
      endRest = clock.after(REST_MS, rested);
    },
  };
};
