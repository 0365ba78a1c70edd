// The training run: recipe, commands, pace, and a checkpoint that can be resumed.
import { checkReachable, checkRecipe, DEFAULT_RECIPE, EngineError, type Recipe } from "../../engine/index.ts";
import type { RunState } from "../../worker/protocol.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, SetState } from "../storeState.ts";
import { replacePruning } from "./currentPruning.ts";
import { type PendingStart, pendingStart } from "./pendingStart.ts";
import type { RunCommand, RunSlice } from "./runState.ts";

/** Sends a command of the run and shows its reply. Resolves with whether it succeeded. */
async function command(
  set: SetState,
  get: GetState,
  name: RunCommand,
  send: () => Promise<RunState>,
): Promise<boolean> {
  set({ pendingCommand: name });
  try {
    set({ run: await send() });
    return true;
  } catch (thrown) {
    get().report(EngineError.from(thrown), { failed: name, context: "training" });
    // An event of the worker says what state the run is in. If none could be sent, a run that failed is not training.
    const { run } = get();
    if (name === "train" && run.phase === "training") set({ run: { ...run, phase: "paused" } });
    return false;
  } finally {
    if (get().pendingCommand === name) set({ pendingCommand: null });
  }
}

/** Makes the commands that train: "train" until the run pauses or ends, "step" for one step. own: the recipe of a run that is continued. */
function trainCommand(
  { client, series, turn, follow }: Deps,
  start: PendingStart,
  { set, get }: { set: SetState; get: GetState },
) {
  /** Whether the run can begin. If its recipe is wrong, shows why. */
  const isReady = (recipe: Recipe): boolean => {
    const { model } = get();
    if (model.phase !== "open") return false;
    try {
      checkRecipe(recipe);
      checkReachable(model.facts, recipe);
      return true;
    } catch (thrown) {
      set({ runError: EngineError.from(thrown) });
      return false;
    }
  };
  /** Shows that the run begins; returns its recipe. */
  const begin = (recipe: Recipe): Recipe => {
    series.plan(recipe.steps);
    set({ ...follow("run"), recipe, pausedRecipe: null, runError: null, resumable: null });
    return recipe;
  };
  return async (type: "train" | "step", continued: Recipe | null = null): Promise<void> => {
    const { run, pendingCommand, pausedRecipe, recipe: before } = get();
    if (run.phase === "training" || pendingCommand === "train" || (type === "step" && pendingCommand !== null)) return;
    // A paused run continues with its own recipe, also where that of a restored run is shown.
    const own = continued ?? (run.phase === "paused" ? pausedRecipe : null);
    if (!isReady(own ?? before)) return;
    let begun = false;
    await command(set, get, type, async () => {
      await start.ready();
      begun = true;
      const { recipe: now, evaluationTokens: tokens } = get();
      // The target may have been moved meanwhile.
      const moved = now.ratio === before.ratio ? {} : { ratio: now.ratio };
      const recipe = begin(own ? { ...own, ...moved } : now);
      // whoever resumes must not begin anew
      const resume = continued ? ({ resume: true } as const) : {};
      return turn(() => client.request({ type, recipe, tokens, ...(type === "train" ? resume : {}) }));
    });
    if (!begun) return;
    get().setProgress("train", null);
    if (get().device.phase === "ready") get().retarget();
  };
}

export const runSlice: SliceOf<RunSlice> = (deps, set, get) => {
  const { client, series, on, follow } = deps;
  const start = pendingStart(set, get);
  const train = trainCommand(deps, start, { set, get });
  on({
    opened: { stop: start.cancel, clear: () => ({ run: { phase: "idle" }, pendingCommand: null, pausedRecipe: null }) },
    model: { stop: () => series.clear(), clear: () => ({ pace: null, runError: null }) },
  });
  return {
    run: { phase: "idle" },
    pendingCommand: null,
    startWaits: false,
    recipe: DEFAULT_RECIPE,
    pace: null,
    pausedRecipe: null,
    resumable: null,
    runsElsewhere: [],
    runError: null,
    setRecipe: (patch) => set(({ recipe }) => ({ recipe: { ...recipe, ...patch } })),
    train: () => train("train"),
    step: () => train("step"),
    async pause() {
      start.cancel();
      if (get().run.phase === "training") await command(set, get, "pause", () => client.request({ type: "pause" }));
    },
    async stop() {
      if (get().startWaits) return start.cancel();
      const { phase } = get().run;
      if (phase === "training" || phase === "paused")
        await command(set, get, "stop", () => client.request({ type: "stop" }));
    },
    async reset() {
      set(follow("run"));
      if (!(await command(set, get, "reset", () => client.request({ type: "reset" })))) return;
      series.clear();
      set({ ...replacePruning(deps, null), pace: null, pausedRecipe: null, runError: null, resumable: null });
    },
    async resume() {
      const { resumable } = get();
      if (resumable) await train("train", resumable.recipe);
    },
  };
};
