// The current pruning in the state: an architecture of the run or of a saved one, single weights of the MLP, or nothing.
import type { PrunedId, PrunedMlp, RunArchitecture } from "../../worker/protocol.ts";
import { prunedIdOf } from "../../worker/prunedId.ts";
import type { Changes } from "../changes.ts";
import type { Deps } from "../slice.ts";
import type { GetState, SetState, StudioState } from "../storeState.ts";

export { samePruned } from "../../worker/prunedId.ts";

type Pruned = Pick<StudioState, "architecture" | "weights">;

/** Its id; null while nothing is pruned. */
export function currentPruning({ architecture, weights }: Pruned): PrunedId | null {
  const pruned = weights ?? architecture;
  return pruned && prunedIdOf(pruned);
}

export const isPruned = ({ architecture, weights }: Pruned): boolean => architecture !== null || weights !== null;

/** Whether the run's architecture is shown, or nothing yet: then the slider moves its masks. */
export const showsRun = ({ restored, weights }: Pick<StudioState, "restored" | "weights">): boolean =>
  restored === null && weights === null;

/** Shows a newer architecture of the run: the same pruning with other masks, unless something else was the current pruning before. */
export function showArchitecture(
  { follow, series }: Pick<Deps, "follow" | "series">,
  set: SetState,
  get: GetState,
  architecture: RunArchitecture,
): void {
  const before = get();
  const same = showsRun(before) && (before.architecture === null || before.architecture.run === architecture.run);
  if (same) return set({ architecture });
  set({ ...replacePruning({ follow }, { architecture }) });
  series.showRun();
}

/** The state when another pruning becomes the current one. */
export function replacePruning(
  { follow }: Pick<Changes, "follow">,
  pruned: { architecture: RunArchitecture } | { weights: PrunedMlp } | null,
): Partial<StudioState> {
  return { ...follow("pruning"), architecture: null, weights: null, restored: null, recovered: null, ...pruned };
}
