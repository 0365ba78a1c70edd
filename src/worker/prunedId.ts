// The names of masks, which go with whatever is measured, exported or timed of them: plain, for the worker and for the page.
import type { ShownArchitecture, PrunedId, PrunedMlp } from "./protocol.ts";

/** Of the dense model: it keeps everything. */
export const DENSE_ID: PrunedId = { run: "dense", ratio: 1, step: 0 };

export function idOfShown(shown: ShownArchitecture | PrunedMlp): PrunedId {
  if ("masks" in shown) {
    const { run, ratio, step } = shown;
    return { run, ratio, step };
  }
  const { run, recipe, kept } = shown;
  return { run, ratio: kept.blockWeights.kept / kept.blockWeights.of, step: 0, recipe };
}

export const samePruned = (a: PrunedId, b: PrunedId): boolean =>
  a.run === b.run && a.ratio === b.ratio && a.step === b.step;
