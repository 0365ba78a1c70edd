// Long tasks of the store: starting, progress, cancelling, replacing, and where their outcome goes are written once, here.
import { EngineError, type ErrorCode } from "../engine/index.ts";
import type { Task } from "../worker/protocol.ts";
import type { GetState, Patch, SetState, StudioState } from "./storeState.ts";
import type { Turns } from "./turns.ts";

/** One run of a task: its work, and the state before and after it. */
export interface TaskRun<T> {
  /** Throws if the work must not begin; the task then fails at once. */
  check?: () => void;
  begin?: Patch;
  work: (controls: WorkControls) => Promise<T>;
  done?: (value: T) => Patch;
  /** The state after a cancel. */
  cancelled?: () => Patch;
  failed?: (error: EngineError) => Patch;
}

export interface WorkControls {
  /** Runs work in a turn on the GPU. Rejects with "cancelled" if this run of the task has been replaced or dropped by then. */
  turn<T>(work: () => Promise<T>): Promise<T>;
  /** False once this run has been replaced or dropped. */
  isCurrent(): boolean;
}

export interface TaskOptions<Args extends readonly unknown[], T> {
  /** Its name in progress events and cancels, if it has any. */
  name?: Task;
  /** Whether the state shows that it runs. */
  isRunning?: (state: StudioState) => boolean;
  /** What another start does while it runs: nothing (default), replaces the run, or runs beside it. */
  again?: "ignore" | "replace" | "parallel";
  /** Whether its work gets one turn on the GPU (default), takes its own turns, or needs none. */
  turns?: "one" | "own" | "none";
  /** Error codes, besides "device-lost", that are reported to the page. */
  reports?: readonly ErrorCode[];
  /** Whether perplexity measurements stop while it runs, and what is missing is measured afterwards; or only the latter. */
  measuring?: "stops" | "follows";
  /** Makes a run for these arguments; null: there is nothing to do. */
  run: (...args: Args) => TaskRun<T> | null;
}

export interface LongTask<Args extends readonly unknown[], T> {
  /** Runs the task; resolves when it has ended. */
  start(...args: Args): Promise<void>;
  /** The same, with its result: null if it was ignored, was cancelled or failed. */
  result(...args: Args): Promise<T | null>;
  /** Cancels it, if it runs. */
  cancel(): Promise<void>;
  /** Cancels it, if it runs, and shows that at once: whatever still comes from this run is ignored. */
  drop(): void;
}

export type MakeTask = <Args extends readonly unknown[], T>(options: TaskOptions<Args, T>) => LongTask<Args, T>;

type Named = Pick<TaskOptions<never, unknown>, "name" | "isRunning">;

export function taskMaker(turns: Turns, set: SetState, get: GetState): MakeTask {
  const all: Named[] = [];
  /** Clears a task's progress, unless another task of this name runs. */
  const clearProgress = (name: Task | undefined): void => {
    const running = all.some((other) => other.name === name && other.isRunning?.(get()));
    if (name && !running) get().setProgress(name, null);
  };
  return (options) => {
    all.push(options);
    return makeTask(options, turns, { set, get, clearProgress });
  };
}

interface TaskStore {
  set: SetState;
  get: GetState;
  clearProgress: (name: Task | undefined) => void;
}

/** Waits for the work and shows its outcome, unless the run has been replaced or dropped. Null after an error. */
async function outcome<T>(
  run: TaskRun<T>,
  { isCurrent }: WorkControls,
  work: () => Promise<T>,
  { set, get, reports }: Pick<TaskStore, "set" | "get"> & { reports: readonly ErrorCode[] },
): Promise<T | null> {
  try {
    const value = await work();
    if (isCurrent()) set(run.done?.(value) ?? {});
    return value;
  } catch (thrown) {
    const error = EngineError.from(thrown);
    if (error.code === "device-lost" || reports.includes(error.code)) get().report(error);
    // The page already shows that the device was lost, or that the worker ended. Once the work has been repeated, a second error here would
    // be out of date.
    const shown = error.code === "device-lost" || get().device.phase === "dead";
    const ended = error.code === "cancelled" || (shown && run.cancelled !== undefined);
    if (isCurrent()) set((ended ? run.cancelled?.() : run.failed?.(error)) ?? {});
    return null;
  }
}

function makeTask<Args extends readonly unknown[], T>(
  options: TaskOptions<Args, T>,
  { turn, cancelTask }: Turns,
  { set, get, clearProgress }: TaskStore,
): LongTask<Args, T> {
  const { name, isRunning = () => false, again = "ignore", turns = "one", reports = [], measuring } = options;
  /** Counts the runs; what comes from all but the latest is ignored. */
  let latest = 0;
  let cancelled: () => Patch = () => ({});

  const controlsOf = (run: number): WorkControls => ({
    isCurrent: () => run === latest,
    turn: (work) =>
      turn(() => {
        if (run !== latest) throw new EngineError("cancelled", "It is not needed any more.");
        return work();
      }, name),
  });
  const begin = (run: TaskRun<T>, controls: WorkControls): Promise<T> => {
    set(run.begin ?? {});
    run.check?.();
    if (measuring === "stops") get().stopMeasuring();
    return turns === "one" ? controls.turn(() => run.work(controls)) : run.work(controls);
  };
  const result = async (...args: Args): Promise<T | null> => {
    if (again === "ignore" && isRunning(get())) return null;
    const run = options.run(...args);
    if (!run) return null;
    if (again !== "parallel") latest += 1;
    cancelled = run.cancelled ?? (() => ({}));
    const controls = controlsOf(latest);
    const value = await outcome(run, controls, () => begin(run, controls), { set, get, reports });
    clearProgress(name);
    if (measuring && get().device.phase === "ready") get().measureMissing();
    return value;
  };
  return {
    async start(...args) {
      await result(...args);
    },
    result,
    async cancel() {
      if (name && isRunning(get())) await cancelTask(name);
    },
    drop() {
      if (!isRunning(get())) return;
      latest += 1;
      set(cancelled());
      clearProgress(name);
      if (name) cancelTask(name).catch(() => undefined);
    },
  };
}
