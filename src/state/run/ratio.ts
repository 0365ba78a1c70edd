// Kept share of the block weights and of the whole model, one from the other (method 1.4): the two readings of the slider.
import { RECIPE_BOUNDS } from "../../engine/index.ts";
import { percent } from "../../shared/format.ts";
import type { ModelFacts } from "../../worker/protocol.ts";

type Parameters = Pick<ModelFacts["parameters"], "blocks" | "total">;
export type RatioUnit = "blocks" | "model";

/** Kept share of the whole model for kept share p of the block weights: (p Blocks + Rest) / Total. */
export function modelRatioOf(ratio: number, { blocks, total }: Parameters): number {
  return (ratio * blocks + (total - blocks)) / total;
}

/** The p that keeps `share` of the whole model; below 0 or above 1 where there is none. */
export function blockRatioOf(share: number, { blocks, total }: Parameters): number {
  return (share * total - (total - blocks)) / blocks;
}

/** p within what a recipe may ask for. */
export function clampRatio(ratio: number): number {
  const { min, max } = RECIPE_BOUNDS.ratio;
  return Math.min(max, Math.max(min, ratio));
}

export type ModelTarget = { reachable: true; ratio: number } | { reachable: false; ratio: number; reason: string };

/** What keeping `share` of the whole model means for the blocks; where it cannot be, the nearest p and one sentence why. */
export function targetOfModel(share: number, parameters: Parameters): ModelTarget {
  const ratio = blockRatioOf(share, parameters);
  const nearest = clampRatio(ratio);
  if (Math.abs(nearest - ratio) < 1e-9) return { reachable: true, ratio: nearest };
  const rest = (parameters.total - parameters.blocks) / parameters.total;
  const lowest = modelRatioOf(RECIPE_BOUNDS.ratio.min, parameters);
  const why =
    ratio > 1
      ? "pruning cannot make a model larger."
      : ratio <= 0
        ? `its embeddings, head and norms alone are ${percent(rest)} and are never pruned.`
        : `with its embeddings, head and norms (${percent(rest)}) that leaves less than ${percent(RECIPE_BOUNDS.ratio.min)} of the block weights.`;
  return {
    reachable: false,
    ratio: nearest,
    reason: `Keeping ${percent(share)} of this model cannot be reached: ${why} Choose between ${percent(lowest)} and 100 %.`,
  };
}
