// Long tasks by name: each reports its progress and can be cancelled by its name.
import { reporter } from "./progress.ts";
import type { Progress, Task, WorkerEvent } from "./protocol.ts";

export type ReportProgress = ReturnType<typeof reporter>;

/** What running work gets from its task. */
export interface TaskControls {
  /** Begins a stage, which has a pace of its own; the time left is its own and `secondsAfter` for the stages that follow. */
  report: (unit: Progress["unit"], secondsAfter?: number) => ReportProgress;
  cancelled: () => boolean;
  signal: AbortSignal;
}

export class Tasks {
  private readonly controllers = new Map<Task, AbortController>();

  constructor(private readonly send: (event: WorkerEvent) => void) {}

  /** Runs work that `cancel` can stop; an earlier `cancel` has no effect on it. */
  run<T>(task: Task, work: (controls: TaskControls) => Promise<T>): Promise<T> {
    const before = this.controllers.get(task);
    const controller = before && !before.signal.aborted ? before : new AbortController();
    this.controllers.set(task, controller);
    const { signal } = controller;
    const report: TaskControls["report"] = (unit, secondsAfter) =>
      reporter(task, unit, (progress) => this.send({ type: "progress", progress }), secondsAfter);
    return work({ report, cancelled: () => signal.aborted, signal });
  }

  /** Cancels all work that runs under this name. */
  cancel(task: Task): void {
    this.controllers.get(task)?.abort();
  }
}
