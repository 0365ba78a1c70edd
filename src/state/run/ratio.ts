// Kept share of the block weights and of the whole model, one from the other (method 1.4): the two readings of the slider.
import { RECIPE_BOUNDS } from "../../engine/index.ts";
import type { ModelFacts } from "../../worker/protocol.ts";

type Parameters = Pick<ModelFacts["parameters"], "blocks" | "total">;
export type RatioUnit = "blocks" | "model";

/** Kept share of the whole model for kept share p of the block weights: (p Blocks + Rest) / Total. */
export function modelShareOf(keep: number, { blocks, total }: Parameters): number {
  return (keep * blocks + (total - blocks)) / total;
}

/** The p that keeps `share` of the whole model; below 0 or above 1 where there is none. */
export function keepOf(share: number, { blocks, total }: Parameters): number {
  return (share * total - (total - blocks)) / blocks;
}

/** p within what a recipe may ask for. */
export function clampKeep(keep: number): number {
  const { min, max } = RECIPE_BOUNDS.keep;
  return Math.min(max, Math.max(min, keep));
}

export type ModelTarget = { reachable: true; keep: number } | { reachable: false; keep: number; reason: string };

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What keeping `share` of the whole model means for the blocks; where it cannot be, the nearest p and one sentence why. */
export function targetOfModel(share: number, parameters: Parameters): ModelTarget {
  const keep = keepOf(share, parameters);
  const nearest = clampKeep(keep);
  if (Math.abs(nearest - keep) < 1e-9) return { reachable: true, keep: nearest };
  const rest = (parameters.total - parameters.blocks) / parameters.total;
  const lowest = modelShareOf(RECIPE_BOUNDS.keep.min, parameters);
  const why =
    keep > 1
      ? "pruning cannot make a model larger."
      : keep <= 0
        ? `its embeddings, head and norms alone are ${percent(rest)} and are never pruned.`
        : `with its embeddings, head and norms (${percent(rest)}) that leaves less than ${percent(RECIPE_BOUNDS.keep.min)} of the block weights.`;
  return {
    reachable: false,
    keep: nearest,
    reason: `Keeping ${percent(share)} of this model cannot be reached: ${why} Choose between ${percent(lowest)} and 100 %.`,
  };
}
