// Why a saved run cannot be used with the model that is open.
import type { RunRecord } from "../../engine/index.ts";
import type { StudioState } from "../storeState.ts";

/** One sentence why its masks do not fit, with what to do; null where they do, and while no model is open. */
export function modelRefusal({ model }: Pick<StudioState, "model">, record: RunRecord): string | null {
  if (model.phase !== "open" || model.facts.fingerprint === record.model.fingerprint) return null;
  return `This run belongs to ${record.model.name}. Open ${record.model.name} first.`;
}

/** The same for restoring it. */
export function restoreRefusal(state: Pick<StudioState, "model">, record: RunRecord): string | null {
  const { made } = record;
  const updated = made.kind === "weights" && made.recipe.method === "sparsegpt";
  return (
    modelRefusal(state, record) ??
    (record.recovery
      ? "The recovered weights of this run are not saved with it. Restore the run before its recovery and recover again."
      : null) ??
    (updated ? "SparseGPT also changes the weights that it keeps, and those are not saved. Prune again instead." : null)
  );
}
