// The history of a run's target: which ratio it trained for, from which step on. A user may move the target while a run trains.
import type { JsonField } from "../json/jsonFields.ts";
import { RECIPE_BOUNDS } from "./recipe.ts";

/** [step, ratio] wherever the ratio changed, ascending: that step and those after it trained for that ratio. */
export type Targets = readonly (readonly [step: number, ratio: number])[];

/** The targets after step `step` (from 0) trained for `ratio`. Equal objects where the ratio is the same as before. */
export function withTarget(targets: Targets, step: number, ratio: number): Targets {
  return targets.at(-1)?.[1] === ratio ? targets : [...targets, [step, ratio]];
}

/** Reads a list of targets. Throws "format" naming the entry that is not a step after the previous one with a ratio in bounds. */
export function readTargets(field: JsonField): Targets {
  let from = 0;
  return field.list().map((entry) => {
    const [step, ratio] = entry.list(2);
    const at = step?.number({ min: from, max: RECIPE_BOUNDS.steps.max, whole: true }) ?? 0;
    from = at + 1;
    return [at, ratio?.number(RECIPE_BOUNDS.ratio) ?? 0] as const;
  });
}
