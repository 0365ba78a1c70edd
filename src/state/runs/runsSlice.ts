// The saved runs: saved when they end, renamed, removed, exported, imported and restored.
import { readRuns, type Run, runJson } from "../../engine/index.ts";
import { replacePruning } from "../run/currentPruning.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, Patch } from "../storeState.ts";
import type { LongTask, WorkControls, TaskOptions } from "../task.ts";
import { type RunLibrary, runLibrary } from "./runLibrary.ts";
import type { RunsSlice } from "./runsState.ts";
import type { RunStore } from "./runStore.ts";

const NAME_LENGTH = 200;

interface LibraryWork<Args extends readonly unknown[], T> extends Pick<TaskOptions<Args, T>, "measuring"> {
  work: (controls: WorkControls, ...args: Args) => Promise<T>;
  done?: (value: T) => Patch;
}

/** Makes a task on the library of runs, whose errors are shown beside the list. */
function libraryTask<Args extends readonly unknown[], T>(
  { task }: Deps,
  { work, done = () => ({}), ...options }: LibraryWork<Args, T>,
): LongTask<Args, T> {
  return task({
    ...options,
    again: "parallel",
    turns: "own",
    run: (...args: Args) => ({
      begin: { runsError: null },
      work: (controls) => work(controls, ...args),
      done,
      // The page shows the loss of the device.
      failed: (error) => (error.code === "device-lost" ? {} : { runsError: error }),
    }),
  });
}

/** Saves finished runs, one after the other, so that each is compared with those before it. */
function savingRuns(deps: Deps, { twin, add, replace }: RunLibrary): RunsSlice["saveRun"] {
  const saving = libraryTask(deps, {
    async work(_controls, msPerToken: { dense: number; pruned: number } | null) {
      const run = await deps.client.request({ type: "record", msPerToken });
      if (!run) return;
      const same = await twin(run);
      if (!same) await add([run]);
      else if (msPerToken) await replace({ ...same, msPerToken });
    },
  });
  let last: Promise<void> = Promise.resolve();
  return (msPerToken = null) => (last = last.then(() => saving.start(msPerToken)));
}

/** Removing runs, and bringing the last one back. */
function removingRuns(deps: Deps, library: RunLibrary, get: GetState): Pick<RunsSlice, "removeRun" | "undoRemove"> {
  const removing = libraryTask(deps, {
    async work(_controls, id: string) {
      // A run whose masks are gone can be removed as well, but not brought back.
      const removedRun = await library.read(id).catch(() => null);
      await library.remove(id);
      return { removedRun };
    },
    done: ({ removedRun }) => ({ removedRun, runsNote: null }),
  });
  const undoing = libraryTask(deps, {
    work: (_controls, run: Run) => library.add([run]),
    done: () => ({ removedRun: null }),
  });
  return {
    async removeRun(id) {
      if (library.find(id)) await removing.start(id);
    },
    async undoRemove() {
      const { removedRun } = get();
      if (removedRun) await undoing.start(removedRun);
    },
  };
}

/** Runs as JSON files. */
function runFiles(deps: Deps, library: RunLibrary, get: GetState): Pick<RunsSlice, "exportRuns" | "importRuns"> {
  const exporting = libraryTask(deps, {
    async work(_controls, ids: readonly string[]) {
      const runs: Run[] = [];
      for (const { id } of get().runs ?? []) if (ids.includes(id)) runs.push(await library.read(id));
      const written = runs.map(runJson);
      return `${JSON.stringify(written.length === 1 ? written[0] : written, null, 1)}\n`;
    },
  });
  const importing = libraryTask(deps, {
    async work(_controls, text: string, file: string) {
      const read = readRuns(text, file);
      const fresh = read.filter(({ record }) => !library.find(record.id));
      // A file may have the same run several times.
      const unique = new Map(fresh.map((run) => [run.record.id, run]));
      await library.add([...unique.values()]);
      return { imported: unique.size, known: read.length - unique.size };
    },
    done: (runsNote) => ({ runsNote, removedRun: null }),
  });
  return { exportRuns: exporting.result, importRuns: importing.start };
}

/** Makes a saved run the current pruning. The controls show its method, and its ratio or recipe. */
function restoring(deps: Deps, library: RunLibrary, get: GetState): RunsSlice["restoreRun"] {
  const task = libraryTask(deps, {
    measuring: "follows",
    async work({ turn }, id: string) {
      const run = await library.read(id);
      return turn(() => deps.client.request({ type: "restore", run }));
    },
    done(restored) {
      const { setRecipe, chooseMethod, setWeightRecipe } = get();
      if ("architecture" in restored) {
        setRecipe({ ratio: restored.architecture.ratio });
        chooseMethod("disp");
      } else {
        chooseMethod(restored.weights.recipe.method);
        setWeightRecipe(restored.weights.recipe);
      }
      return replacePruning(deps, restored);
    },
  });
  return async (id) => {
    if (library.find(id)) await task.start(id);
  };
}

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
