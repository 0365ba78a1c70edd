// How often the worker sends progress, and the time left.
import type { Progress, Task } from "./protocol.ts";

const EVENTS_PER_SECOND = 10;

/** Makes a function that returns true at most `perSecond` times per second. */
export function throttle(perSecond = EVENTS_PER_SECOND): () => boolean {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < 1000 / perSecond) return false;
    last = now;
    return true;
  };
}

/**
 * Makes a function that sends a task's progress with the time left at the pace so far, and `secondsAfter` for the stages that follow.
 * It is throttled, but always sends the last one.
 */
export function reporter(
  task: Task,
  unit: Progress["unit"],
  send: (progress: Progress) => void,
  secondsAfter = 0,
): (done: number, total: number, note?: string) => void {
  const began = performance.now();
  /** Done before this began: a resumed download did not fetch it at this pace. */
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
      ...(now > 0 ? { secondsLeft: (seconds * (total - done)) / now + secondsAfter } : {}),
      ...(note ? { note } : {}),
    });
  };
}
