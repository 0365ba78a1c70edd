// The saved runs: saved when they end, renamed, removed, exported, imported and restored.
import type { SliceOf } from "../slice.ts";
import { runLibrary } from "./runLibrary.ts";
import type { RunsSlice } from "./runsState.ts";
import type { RunStore } from "./runStore.ts";
import { keepingUnsaved } from "./unsavedRuns.ts";
import { restoring } from "./restoreRun.ts";
import { libraryTask, removingRuns, runFiles, savingRuns, shownRun } from "./runTasks.ts";

const NAME_LENGTH = 200;

/** Makes the slice over a store. */
export const runsSlice =
  (store: RunStore): SliceOf<RunsSlice> =>
  (deps, set, get) => {
    const kept = keepingUnsaved(store, (unsavedRuns) => set({ unsavedRuns }));
    const library = runLibrary(kept, set, get);
    const again = libraryTask(deps, { work: () => kept.saveAgain() });
    deps.on({ model: { clear: () => ({ runsError: null, runsNote: null, savedRun: null }) } });
    const loading = libraryTask(deps, {
      notes: "stay",
      work: () => kept.records(),
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
      unsavedRuns: [],
      runsError: null,
      runsNote: null,
      removedRuns: [],
      savedRun: null,
      async loadRuns() {
        await loading.start();
        // runs that end while the list is read, or cannot be read, are in it already
        if (get().runs === null) set({ runs: [] });
      },
      ...savingRuns(deps, library, { set, get }),
      renameRun: renaming.start,
      ...removingRuns(deps, library, get),
      ...runFiles(deps, library, get),
      readRunMasks: async (id) =>
        get().examples?.find(({ record }) => record.id === id)?.masks ?? (await kept.masks(id)),
      readRun: (id) => library.read(id),
      shownRun: shownRun(deps, library, get),
      saveUnsavedRuns: again.start,
      restoreRun: restoring(deps, library, { set, get }),
    };
  };
