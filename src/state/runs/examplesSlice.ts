// The example runs that come with the page: shown beside the user's own, never stored with them, and left as they were entered.
import type { RunRecord } from "../../engine/index.ts";
import { EXAMPLE_RUNS } from "../../shared/exampleRuns.ts";
import { canRestoreRun } from "../allowed.ts";
import { isPruned, replacePruning } from "../run/currentPruning.ts";
import { applySettings, settingsOf } from "../run/settingsSlice.ts";
import type { Settings } from "../run/settingsState.ts";
import type { SliceOf } from "../slice.ts";
import { restoreRefusal } from "./restoreRefusal.ts";
import { showsExample } from "./runLibrary.ts";
import { libraryTask } from "./runTasks.ts";
import type { ExamplesSlice } from "./runsState.ts";

export const examplesSlice: SliceOf<ExamplesSlice> = (deps, set, get) => {
  const { client, series } = deps;
  /** The settings before an example replaced them, and those that it brought. */
  let replaced: { before: Settings; by: Settings } | null = null;
  const reading = libraryTask(deps, {
    work: () => client.request({ type: "examples" }),
    done: (examples) => ({ examples }),
  });
  const load = async (record: RunRecord): Promise<void> => {
    const before = replaced?.before ?? settingsOf(get());
    await get().restoreRun(record.id);
    if (get().restored?.record.id === record.id) replaced = { before, by: settingsOf(get()) };
  };
  /** The session's run again, or the dense model. */
  const leaveShown = async (): Promise<void> => {
    if (get().run.phase !== "idle") return get().showRun();
    await client.request({ type: "showDense" });
    series.showRun();
    set(replacePruning(deps, null));
    get().measureMissing();
  };
  return {
    examples: null,
    async showExamples() {
      if (!get().examples) await reading.start();
      const state = get();
      const first = state.examples?.find(({ record }) => record.id === EXAMPLE_RUNS.first)?.record;
      const free = !isPruned(state) && state.run.phase === "idle" && canRestoreRun(state);
      if (first && free && restoreRefusal(state, first) === null) await load(first);
    },
    loadExample: async (id) => {
      const record = get().examples?.find((run) => run.record.id === id)?.record;
      if (record) await load(record);
    },
    async leaveExamples() {
      const shown = showsExample(get());
      if (shown && !canRestoreRun(get())) return;
      set({ examples: null });
      if (!shown) return;
      await leaveShown();
      const now = settingsOf(get());
      const kept = replaced && now.recipe === replaced.by.recipe && now.weightRecipe === replaced.by.weightRecipe;
      if (replaced && kept) applySettings(replaced.before, get);
      replaced = null;
    },
  };
};
