// Long tasks by name: each tells its progress, and a stop reaches all that run under its name.
import { reporter } from "./progress.ts";
import type { Progress, Task, WorkerEvent } from "./protocol.ts";

export type ReportProgress = ReturnType<typeof reporter>;

/** What a task knows of itself. */
export interface TaskControls {
  /** Begins a stage, whose time left is told by itself. */
  report: (unit: Progress["unit"]) => ReportProgress;
  cancelled: () => boolean;
  signal: AbortSignal;
}

export class Tasks {
  private readonly stops = new Map<Task, AbortController>();

  constructor(private readonly send: (event: WorkerEvent) => void) {}

  /** Runs work that `stop` can stop. A stop that came before it began does not count. */
  run<T>(task: Task, work: (underway: TaskControls) => Promise<T>): Promise<T> {
    const before = this.stops.get(task);
    const stop = before && !before.signal.aborted ? before : new AbortController();
    this.stops.set(task, stop);
    const { signal } = stop;
    const report = (unit: Progress["unit"]): ReportProgress =>
      reporter(task, unit, (progress) => this.send({ type: "progress", progress }));
    return work({ report, cancelled: () => signal.aborted, signal });
  }

  stop(task: Task): void {
    this.stops.get(task)?.abort();
  }
}
