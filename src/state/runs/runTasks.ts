// The tasks on saved runs: saving, removing, JSON files, and restoring. Their errors are shown beside the list.
import { readRuns, type Run, runJson } from "../../engine/index.ts";
import { replacePruning } from "../run/currentPruning.ts";
import type { Deps } from "../slice.ts";
import type { GetState, Patch } from "../storeState.ts";
import type { LongTask, TaskOptions, WorkControls } from "../task.ts";
import type { RunLibrary } from "./runLibrary.ts";
import type { RunsSlice } from "./runsState.ts";

interface LibraryWork<Args extends readonly unknown[], T> extends Pick<TaskOptions<Args, T>, "measuring"> {
  work: (controls: WorkControls, ...args: Args) => Promise<T>;
  done?: (value: T) => Patch;
}

/** Makes a task on the library of runs, whose errors are shown beside the list. */
export function libraryTask<Args extends readonly unknown[], T>(
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
export function savingRuns(deps: Deps, { twin, add, replace }: RunLibrary): RunsSlice["saveRun"] {
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
export function removingRuns(
  deps: Deps,
  library: RunLibrary,
  get: GetState,
): Pick<RunsSlice, "removeRun" | "undoRemove"> {
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
export function runFiles(deps: Deps, library: RunLibrary, get: GetState): Pick<RunsSlice, "exportRuns" | "importRuns"> {
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
export function restoring(deps: Deps, library: RunLibrary, get: GetState): RunsSlice["restoreRun"] {
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
