// The tasks on saved runs: saving, removing, and JSON files. Their errors are shown beside the list.
import { EngineError, isComparison, readRuns, type Run, runJson, runKind } from "../../engine/index.ts";
import { currentPruning, showsRun } from "../run/currentPruning.ts";
import type { Deps } from "../slice.ts";
import { completeScoresOf } from "../scores/scoresSlice.ts";
import type { GetState, Patch, SetState, StudioState } from "../storeState.ts";
import type { LongTask, TaskOptions, WorkControls } from "../task.ts";
import { isEndedUnsaved } from "./endedRun.ts";
import { knownRun, type RunLibrary, showsExample } from "./runLibrary.ts";
import type { RunsSlice } from "./runsState.ts";

/** How many removed runs can be brought back. */
const UNDO_LIMIT = 20;

interface LibraryWork<Args extends readonly unknown[], T> extends Pick<TaskOptions<Args, T>, "measuring"> {
  /** The note and the error of the action before go unless they stay: no action of the user's begins here. */
  notes?: "stay";
  work: (controls: WorkControls, ...args: Args) => Promise<T>;
  done?: (value: T) => Patch;
}

/** Makes a task on the library of runs, whose errors are shown beside the list. */
export function libraryTask<Args extends readonly unknown[], T>(
  { task }: Deps,
  { work, notes, done = () => ({}), ...options }: LibraryWork<Args, T>,
): LongTask<Args, T> {
  return task({
    ...options,
    again: "parallel",
    turns: "own",
    run: (...args: Args) => ({
      begin: notes === "stay" ? {} : { runsError: null, runsNote: null },
      work: (controls) => work(controls, ...args),
      done,
      // The page shows the loss of the device.
      failed: (error) => (error.code === "device-lost" ? {} : { runsError: error }),
    }),
  });
}

/**
 * What is to be saved. finished: the run, or pruned single weights; once each. point: the current pruning at its own threshold. scores, time:
 * what was measured of the current pruning, in its saved run.
 */
type Saving =
  { what: "finished" | "point" | "scores" } | { what: "time"; msPerToken: { dense: number; pruned: number } };

const isPoint = ({ architecture }: Pick<StudioState, "architecture">): boolean =>
  architecture !== null && runKind(architecture.made) === "point";

/** A run with the curves of this session where it is of it. */
function withCurves(run: Run, state: StudioState, { series }: Pick<Deps, "series">): Run {
  const curves = run.record.made.kind === "disp" && showsRun(state) ? series.history() : undefined;
  return curves ? { ...run, history: curves } : run;
}

/** Makes the action that reads the current pruning as a run. */
export function shownRun(deps: Deps, { read, twin }: RunLibrary, get: GetState): RunsSlice["shownRun"] {
  return async () => {
    const state = get();
    const { restored, recovered } = state;
    if (restored && !recovered && knownRun(state, restored.record.id)) return read(restored.record.id);
    if (!currentPruning(state)) return null;
    const made = await deps.turn(() => deps.client.request({ type: "record", of: "shown", msPerToken: null }));
    if (!made) return null;
    const saved = await twin(made);
    return withCurves(saved ? { ...made, record: saved } : made, state, deps);
  };
}

/** Saves runs, one after the other, so that each is compared with those before it. */
export function savingRuns(
  deps: Deps,
  { twin, add, replace }: RunLibrary,
  { set, get }: { set: SetState; get: GetState },
): Pick<RunsSlice, "saveRun" | "keepEnded" | "keepPoint" | "saveTime" | "saveScores"> {
  const saving = libraryTask(deps, {
    notes: "stay",
    async work({ turn }, given: Saving) {
      const state = get();
      const now = currentPruning(state);
      // what is measured of an example makes it no run of the user's
      if (!now || showsExample(state) || (given.what === "finished" && now.run === state.savedRun)) return;
      const isOfRun = state.weights === null && state.recovered === null;
      const of = given.what === "finished" && isOfRun ? "run" : "shown";
      const msPerToken = given.what === "time" ? given.msPerToken : null;
      const made = await turn(() => deps.client.request({ type: "record", of, msPerToken }));
      if (!made) return;
      // The run is saved at its trained ratio, which may not be the one that is shown.
      const scores = of === "shown" || !isPoint(state) ? completeScoresOf(state, now) : null;
      // a time is of the adapter that measured it, which may be another one than the run's
      const timed = msPerToken ? { msPerToken, adapter: made.record.adapter } : {};
      const measured = { ...timed, ...(scores ? { scores } : {}) };
      const run: Run = { ...withCurves(made, state, deps), record: { ...made.record, ...measured } };
      const same = await twin(run);
      const adds = given.what === "finished" || given.what === "point";
      // The time or the scores of a point that is not kept have no place.
      if (!same && (adds || (run.record.recovery ?? runKind(run.record.made) !== "point"))) await add([run]);
      else if (same && Object.keys(measured).length > 0) await replace({ ...same, ...measured });
      if (given.what === "finished") set({ savedRun: now.run });
    },
  });
  let last: Promise<void> = Promise.resolve();
  const save = (given: Saving): Promise<void> => (last = last.then(() => saving.start(given)));
  return {
    saveRun: () => save({ what: "finished" }),
    async keepEnded() {
      if (isEndedUnsaved(get())) await get().measurePruned();
      await (isEndedUnsaved(get()) ? save({ what: "finished" }) : last);
    },
    keepPoint: () => save({ what: "point" }),
    saveScores: () => save({ what: "scores" }),
    saveTime: (msPerToken) => save({ what: "time", msPerToken }),
  };
}

/** Removing runs, and bringing them back, the last one first. */
export function removingRuns(
  deps: Deps,
  library: RunLibrary,
  get: GetState,
): Pick<RunsSlice, "removeRun" | "undoRemove"> {
  const removing = libraryTask(deps, {
    async work(_controls, id: string) {
      // A run whose masks are gone can be removed as well, but not brought back.
      const removed = await library.read(id).catch(() => null);
      await library.remove(id);
      return removed ? [...get().removedRuns, removed].slice(-UNDO_LIMIT) : get().removedRuns;
    },
    done: (removedRuns) => ({ removedRuns }),
  });
  const undoing = libraryTask(deps, {
    async work(_controls, run: Run) {
      await library.add([run]);
      return run;
    },
    done: (run) => ({ removedRuns: get().removedRuns.filter((other) => other !== run) }),
  });
  return {
    async removeRun(id) {
      if (library.find(id)) await removing.start(id);
    },
    async undoRemove() {
      const last = get().removedRuns.at(-1);
      if (last) await undoing.start(last);
    },
  };
}

/** Runs as JSON files. */
export function runFiles(deps: Deps, library: RunLibrary, get: GetState): Pick<RunsSlice, "exportRuns" | "importRuns"> {
  const exporting = libraryTask(deps, {
    async work(_controls, ids: readonly string[]) {
      const runs: Run[] = [];
      // one run whose masks are gone must not keep the others from being exported
      let failure: unknown;
      for (const { id } of get().runs ?? []) {
        if (!ids.includes(id)) continue;
        const run = await library.read(id).catch((error: unknown) => void (failure = error));
        if (run) runs.push(run);
      }
      if (runs.length === 0 && failure !== undefined) throw EngineError.from(failure);
      const written = runs.map(runJson);
      return `${JSON.stringify(written.length === 1 ? written[0] : written, null, 1)}\n`;
    },
  });
  const importing = libraryTask(deps, {
    async work(_controls, text: string, file: string) {
      if (isComparison(text)) {
        get().openComparison(text, file);
        return null;
      }
      const read = readRuns(text, file);
      const fresh = read.filter(({ record }) => !library.find(record.id));
      // A file may have the same run several times.
      const unique = new Map(fresh.map((run) => [run.record.id, run]));
      await library.add([...unique.values()]);
      return { imported: unique.size, known: read.length - unique.size };
    },
    done: (runsNote) => ({ runsNote }),
  });
  return { exportRuns: exporting.result, importRuns: importing.start };
}
