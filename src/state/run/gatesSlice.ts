// The run's architecture at the target, and the slider: at most one request at a time and per frame, and the last value wins.
import { EngineError } from "../../engine/index.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, SetState } from "../storeState.ts";
import { showArchitecture, showsRun } from "./currentPruning.ts";
import { clampRatio, lowestOf } from "./ratio.ts";
import type { GatesSlice } from "./runState.ts";

/** The slider rests when it has not moved for this long; then the pruned model is measured. */
export const REST_MS = 600;

export const gatesSlice: SliceOf<GatesSlice> = (deps, set, get) => {
  const { client, clock, on } = deps;
  on({ model: { clear: () => ({ architecture: null, restored: null, gateLogits: null }) } });
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
    restored: null,
    gateLogits: null,
    readGateLogits: () => readLogits(deps, set, get),
    setRatio(ratio) {
      const { recipe, model, pruned, recovery, setRecipe, retarget, stopMeasuring, yieldCurve } = get();
      const next = clampRatio(ratio, lowestOf(get()).ratio);
      if (!Number.isFinite(next) || next === recipe.ratio) return;
      setRecipe({ ratio: next });
      // Masks of a saved run and single weights stay: they have no gate logits to cut anew. So do masks whose weights are being trained.
      if (model.phase !== "open" || !showsRun(get()) || recovery.phase === "recovering") return;
      // The slider has left the masks that are being measured.
      if (pruned.phase === "measuring") stopMeasuring();
      yieldCurve();
      retarget();
    },
    showRun: () => showRun(deps, set, get),
    retarget() {
      schedule();
      cancelRest();
      cancelRest = clock.after(REST_MS, rested);
    },
  };
};

/** The gate logits of the current pruning; null where they were not read, or it has none. */
export function shownLogits({ gateLogits, architecture }: Pick<GatesSlice, "gateLogits" | "architecture">) {
  if (!gateLogits || !architecture) return null;
  const { run, step, ratio } = gateLogits.of;
  // of a run for one ratio, other targets cut the same gate logits
  const sameRatio = !architecture.trainedFor || architecture.ratio === ratio;
  return architecture.run === run && architecture.step === step && sameRatio ? gateLogits.vectors : null;
}

async function readLogits({ client }: Deps, set: SetState, get: GetState): Promise<void> {
  if (!get().architecture || shownLogits(get())) return;
  try {
    set({ gateLogits: await client.request({ type: "gateLogits" }) });
  } catch (thrown) {
    get().report(EngineError.from(thrown));
  }
}

/** Makes the run the current pruning again, at the ratio that it was trained for. */
async function showRun(deps: Deps, set: SetState, get: GetState): Promise<void> {
  const { pausedRecipe, run, model } = get();
  if (model.phase !== "open" || run.phase === "training") return;
  if (pausedRecipe) set({ recipe: pausedRecipe, pausedRecipe: null });
  try {
    const architecture = await deps.client.request({ type: "target", ratio: get().recipe.ratio, show: true });
    if (!architecture) return;
    showArchitecture(deps, set, get, architecture);
    set({ method: "disp" });
    const { made, ratio } = architecture;
    if (made.kind === "disp") set({ recipe: { ...made.recipe, ratio } });
    if (made.kind === "disp" && made.point !== undefined) get().setRatio(made.recipe.ratio);
    else get().measureMissing();
  } catch (thrown) {
    get().report(EngineError.from(thrown));
  }
}
