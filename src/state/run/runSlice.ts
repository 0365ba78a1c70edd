// A run: recipe, controls, pace, and a checkpoint that can be resumed.
import { checkRecipe, DEFAULT_RECIPE, EngineError } from "../../engine/index.ts";
import type { RunState } from "../../worker/protocol.ts";
import type { RunCommand, RunSlice, SliceOf } from "../storeState.ts";

export const runSlice: SliceOf<RunSlice> = ({ client, series, turn }, set, get) => {
  /** Sends a command of the run and files its answer. Answers false where it failed. */
  const ask = async (command: RunCommand, send: () => Promise<RunState>): Promise<boolean> => {
    set({ asked: command });
    try {
      set({ run: await send() });
      return true;
    } catch (thrown) {
      get().report(EngineError.from(thrown), command);
      // The worker says by an event how the run stands; where it could not, a run that failed is not training.
      const { run } = get();
      if (command === "play" && run.phase === "training") set({ run: { ...run, phase: "paused" } });
      return false;
    } finally {
      if (get().asked === command) set({ asked: null });
    }
  };
  /** Checks the recipe; says what is wrong where the run's errors are shown. */
  const ready = (): boolean => {
    const { model, recipe } = get();
    if (model.phase !== "open") return false;
    try {
      checkRecipe(recipe);
    } catch (thrown) {
      set({ runError: EngineError.from(thrown) });
      return false;
    }
    series.plan(recipe.steps);
    set({ runError: null, resumable: null });
    return true;
  };
  const afterwards = (): void => {
    get().setProgress("train", null);
    if (get().device.phase !== "ready") return;
    get().retarget();
  };

  return {
    run: { phase: "idle" },
    asked: null,
    recipe: DEFAULT_RECIPE,
    pace: null,
    resumable: null,
    runError: null,
    setRecipe: (patch) => set(({ recipe }) => ({ recipe: { ...recipe, ...patch } })),
    async play() {
      if (get().run.phase === "training" || get().asked === "play" || !ready()) return;
      get().dropMeasurements();
      get().dropCurve();
      await ask("play", () => turn(() => client.request({ type: "play", recipe: get().recipe })));
      afterwards();
    },
    async step() {
      if (get().run.phase === "training" || get().asked !== null || !ready()) return;
      get().dropMeasurements();
      get().dropCurve();
      await ask("step", () => turn(() => client.request({ type: "step", recipe: get().recipe })));
      afterwards();
    },
    async pause() {
      if (get().run.phase === "training") await ask("pause", () => client.request({ type: "pause" }));
    },
    async stop() {
      const { phase } = get().run;
      if (phase === "training" || phase === "paused") await ask("stop", () => client.request({ type: "stop" }));
    },
    async reset() {
      get().dropMeasurements();
      get().dropCurve();
      if (!(await ask("reset", () => client.request({ type: "reset" })))) return;
      series.clear();
      set({
        architecture: null,
        weights: null,
        pruned: { phase: "none" },
        pace: null,
        runError: null,
        resumable: null,
      });
    },
    async resume() {
      const { resumable } = get();
      if (!resumable) return;
      set({ recipe: resumable.recipe });
      await get().play();
    },
    async discard() {
      await get().reset();
    },
  };
};
