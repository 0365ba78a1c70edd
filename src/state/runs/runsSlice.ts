// The saved runs: saved when they end, renamed, removed, exported, imported and restored.
import type { SliceOf } from "../slice.ts";
import type { GetState } from "../storeState.ts";
import { runLibrary } from "./runLibrary.ts";
import type { RunsSlice } from "./runsState.ts";
import type { RunStore } from "./runStore.ts";
import { libraryTask, removingRuns, restoring, runFiles, savingRuns } from "./runTasks.ts";

const NAME_LENGTH = 200;

/** Makes the slice over a store. */
export const runsSlice =
  (store: RunStore): SliceOf<RunsSlice> =>
  (deps, set, get) => {
    const library = runLibrary(store, set, get);
    const loading = libraryTask(deps, {
      work: () => store.records(),
      done: ({ records, unreadable }) => ({ runs: records, unreadableRuns: unreadable }),
    });
    const renaming = libraryTask(deps, {
      async work(_controls, id: string, name: string) {
        const record = library.find(id);
        const trimmed = name.trim().slice(0, NAME_LENGTH);
        if (record && trimmed !== "" && trimmed !== record.name) await library.replace({ ...record, name: trimmed });
      },
    });
    return {
      runs: null,
      unreadableRuns: 0,
      runsError: null,
      runsNote: null,
      removedRun: null,
      async loadRuns() {
        await loading.start();
        if (get().runs === null) set({ runs: [] });
      },
      saveRun: savingRuns(deps, library),
      renameRun: renaming.start,
      ...removingRuns(deps, library, get),
      ...runFiles(deps, library, get),
      readRunMasks: (id) => store.masks(id),
      restoreRun: restoring(deps, library, get),
    };
  };

type Known = Pick<ReturnType<GetState>, "pruned" | "dense" | "run">;

/** Whether the current pruning has just been measured, and its run does not train any more: then it is saved as a finished run. */
export function isRunFinished({ pruned, dense, run }: Known, before: Known): boolean {
  if (pruned === before.pruned && dense === before.dense && run.phase === before.run.phase) return false;
  const measured = pruned.phase === "measured" && dense.phase === "measured" && !pruned.last.stale && !dense.last.stale;
  return measured && run.phase !== "training" && run.phase !== "paused";
}
