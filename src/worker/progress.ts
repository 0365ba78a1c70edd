// How often news leaves the worker, and how long a task still takes.
import type { Progress, Task } from "./protocol.ts";

/** Events of one kind a second, at most. */
const EVENTS_PER_SECOND = 10;

/** True at most EVENTS_PER_SECOND times a second. */
export function throttle(perSecond = EVENTS_PER_SECOND): () => boolean {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < 1000 / perSecond) return false;
    last = now;
    return true;
  };
}

/** Reports progress of a task with the time left at the pace so far; always reports the last one. */
export function reporter(
  task: Task,
  unit: Progress["unit"],
  send: (progress: Progress) => void,
): (done: number, total: number, note?: string) => void {
  const began = performance.now();
  /** Done before this began: a download that goes on has not fetched it at this pace. */
  let before: number | undefined;
  const due = throttle();
  return (done, total, note) => {
    before ??= done < total ? done : 0;
    if (done < total && !due()) return;
    const seconds = (performance.now() - began) / 1000;
    const now = done - before;
    send({
      task,
      done,
      total,
      unit,
      ...(now > 0 ? { secondsLeft: (seconds * (total - done)) / now } : {}),
      ...(note ? { note } : {}),
    });
  };
}
