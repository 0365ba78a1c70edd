// Why a saved run cannot be used with the model that is open.
import type { RunRecord } from "../../engine/index.ts";
import type { StudioState } from "../storeState.ts";

/** One sentence why its masks do not fit, with what to do; null where they do, and while no model is open. */
export function modelRefusal({ model }: Pick<StudioState, "model">, record: RunRecord): string | null {
  if (model.phase !== "open" || model.facts.fingerprint === record.model.fingerprint) return null;
  return `This run belongs to ${record.model.name}. Open ${record.model.name} first.`;
}

/** What has to be opened before anything can be computed with a run, and why; null once its model is open. */
export function modelNeeded({ model }: Pick<StudioState, "model">, record: RunRecord): string | null {
  const open = model.phase === "open" ? model.facts : null;
  if (open?.fingerprint === record.model.fingerprint) return null;
  const version = open?.name === record.model.name ? "the version of " : "";
  const made = version ? " that this run was made with" : "";
  return `Open ${version}${record.model.name}${made} to load the run, measure it, write with it or export it. Until then its figures are those saved with it.`;
}

/** One sentence why a run cannot be restored, with what to do; null where it can. */
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
