// A replayed report in words, with the loss of its step, and the pace of the replay.
import { whole } from "../../shared/format.ts";
import type { RecordedMasks } from "../../state/run/maskRecording.ts";
import type { RunSeries } from "../../state/run/series.ts";

/** "step 20 of 600, not the current masks". */
export const stepWords = ({ step, steps }: Pick<RecordedMasks, "step" | "steps">): string =>
  `step ${whole(step)} of ${whole(steps)}, not the current masks`;

/** Loss of the last of `step` steps; null where the series has none of it. */
export function lossOf({ step: steps, loss, count }: Pick<RunSeries, "step" | "loss" | "count">, step: number) {
  const at = steps.subarray(0, count).indexOf(step - 1);
  const value = loss[at];
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** The report at a step, or the nearest one where that was dropped. */
export function nearestReport(reports: readonly Pick<RecordedMasks, "step">[], step: number): number {
  const distances = reports.map((report) => Math.abs(report.step - step));
  return Math.max(0, distances.indexOf(Math.min(...distances)));
}

/** A replay takes about this long, but no report is shown for less or more than a readable time. Milliseconds. */
const REPLAY_MS = 12_000;
const FRAME_MS = { least: 50, most: 400 };

export const frameMs = (reports: number): number =>
  Math.max(FRAME_MS.least, Math.min(FRAME_MS.most, REPLAY_MS / reports));
