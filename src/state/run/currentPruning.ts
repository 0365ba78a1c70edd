// The current pruning in the state: an architecture, single weights of the MLP, or nothing.
import type { PrunedId, PrunedMlp, RunArchitecture } from "../../worker/protocol.ts";
import { prunedIdOf } from "../../worker/prunedId.ts";
import type { Changes } from "../changes.ts";
import type { GetState, SetState, StudioState } from "../storeState.ts";

export { samePruned } from "../../worker/prunedId.ts";

type Pruned = Pick<StudioState, "architecture" | "weights">;

/** Its id; null while nothing is pruned. */
export function currentPruning({ architecture, weights }: Pruned): PrunedId | null {
  const pruned = weights ?? architecture;
  return pruned && prunedIdOf(pruned);
}

export const isPruned = ({ architecture, weights }: Pruned): boolean => architecture !== null || weights !== null;

/** Shows a newer architecture of the run: the same pruning with other masks, unless single weights were pruned before. */
export function showArchitecture(
  { follow }: Changes,
  set: SetState,
  get: GetState,
  architecture: RunArchitecture,
): void {
  set(get().weights ? { ...follow("pruning"), architecture, weights: null } : { architecture });
}

/** The state when another pruning becomes the current one. */
export function replacePruning(
  { follow }: Changes,
  pruned: { architecture: RunArchitecture } | { weights: PrunedMlp } | null,
): Partial<StudioState> {
  return { ...follow("pruning"), architecture: null, weights: null, ...pruned };
}
