// A run that will take more than a day: says so after its first steps, with what fewer steps or tokens would take.
import { duration, stepTime, whole } from "./format.ts";

/** Steps after which the pace is known: the first ones compile kernels and allocate buffers. */
export const PACE_STEPS = 3;
const DAY = 86_400;
/** Seconds of a run that is suggested instead. */
const EIGHT_HOURS = 28_800;
/** Steps of a suggestion are multiples of this. */
const ROUND_STEPS = 100;

/** Undefined for a run of less than a day. steps and tokens: of the recipe. */
export function longRunText(
  msPerStep: number,
  { steps, tokens }: { steps: number; tokens: number },
): string | undefined {
  const seconds = (steps * msPerStep) / 1000;
  if (!(seconds > DAY)) return undefined;
  const fewer = Math.floor(((EIGHT_HOURS / seconds) * steps) / ROUND_STEPS) * ROUND_STEPS;
  const fewerSteps = fewer > 0 ? ` ${whole(fewer)} steps would take ${duration((fewer * msPerStep) / 1000)};` : "";
  return `This run takes about ${duration(seconds)}: ${whole(steps)} steps of ${stepTime(msPerStep)}.${fewerSteps} ${fewer > 0 ? "half" : "Half"} the tokens per step (${whole(Math.floor(tokens / 2))}) would take about half the time.`;
}
