// Ids of masks, stored with whatever is measured, exported or timed. Used by the page and by the worker.
import type { PrunedId, RunArchitecture } from "./payloads/run.ts";
import type { PrunedMlp } from "./payloads/weights.ts";

/** Of the dense model, which keeps everything. */
export const DENSE_ID: PrunedId = { run: "dense", ratio: 1, step: 0 };

export function prunedIdOf(pruned: RunArchitecture | PrunedMlp): PrunedId {
  if ("masks" in pruned) {
    const { run, ratio, step } = pruned;
    return { run, ratio, step };
  }
  const { run, recipe, kept } = pruned;
  return { run, ratio: kept.blockWeights.kept / kept.blockWeights.of, step: 0, recipe };
}

export const samePruned = (a: PrunedId, b: PrunedId): boolean =>
  a.run === b.run && a.ratio === b.ratio && a.step === b.step;
