// Preparing an export of any kind: the task is "export", and the earlier export stays until the new one is prepared.
import type { Patch } from "../storeState.ts";
import type { TaskRun } from "../task.ts";
import type { Preparation } from "./exportState.ts";

/** A run of such a task. show: the part of the state with the preparation; last: the earlier export. */
export function preparation<T>(
  show: (now: Preparation<T>) => Patch,
  last: T | null,
  work: () => Promise<T>,
): TaskRun<T> {
  return {
    begin: { ...show({ phase: "preparing", last }), saving: { phase: "none" }, saveError: null },
    work,
    done: (prepared) => show({ phase: "prepared", last: prepared }),
    cancelled: () => show(last ? { phase: "prepared", last } : { phase: "none", last }),
    failed: (error) => show({ phase: "failed", last, error }),
  };
}
