// What a run is called until the user renames it, and what kind of training its masks are from.
import { ratioNumber, ratioText } from "../../../shared/format.ts";
import { METHOD_NAMES } from "../../recipes/weightRecipe.ts";
import type { RunRecipe } from "./runRecord.ts";

/**
 * What masks are compared with: single-ratio trainings with each other. dedicated: trained for the ratio of its masks alone, and not trained
 * at all, such as one-shot pruning. moved: the target was moved meanwhile. point: another threshold on the gates of a run. every: one of
 * the ratios of a run for every ratio.
 */
export type RunKind = "dedicated" | "moved" | "point" | "every";

export function runKind(made: RunRecipe): RunKind {
  if (made.kind !== "disp") return "dedicated";
  if (made.recipe.ratioMode === "every") return "every";
  if (made.point !== undefined) return "point";
  return (made.targets?.length ?? 0) > 1 ? "moved" : "dedicated";
}

/** "DISP 60 %, seed 1"; "DISP, threshold at 63 % of a run trained at 60 %, seed 1"; "DISP every ratio 35–95 %, at 40 %, seed 2"; "DaSS 2:4, seed 1". */
export function runName(made: RunRecipe): string {
  if (made.kind === "weights")
    return `${METHOD_NAMES[made.recipe.method]} ${made.recipe.pattern}, seed ${made.recipe.seed}`;
  if (made.kind === "baseline") return `${made.method} ${ratioText(made.ratio)}, seed ${made.seed}`;
  const { ratio, ratioMode, ratioFrom, ratioTo, seed, gates, widthMultiple } = made.recipe;
  const name = `DISP${gates === "full" ? "" : ` ${gates}`}${widthMultiple === 1 ? "" : ` widths ×${widthMultiple}`}`;
  const range = `${ratioNumber(ratioFrom)}–${ratioText(ratioTo)}`;
  if (ratioMode === "every") return `${name} every ratio ${range}, at ${ratioText(ratio)}, seed ${seed}`;
  if (made.point === undefined) return `${name} ${ratioText(ratio)}, seed ${seed}`;
  return `${name}, threshold at ${ratioText(made.point)} of a run trained at ${ratioText(ratio)}, seed ${seed}`;
}
