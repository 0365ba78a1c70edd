// What "pruned" means now: an architecture, single weights of the MLP, or nothing; and what of the state follows from a change of it.
import type { ShownArchitecture, PrunedId, PrunedMlp } from "../../worker/protocol.ts";
import { idOfShown } from "../../worker/prunedId.ts";
import type { StudioState } from "../storeState.ts";

export { samePruned } from "../../worker/prunedId.ts";

type Pruned = Pick<StudioState, "architecture" | "weights">;

/** The masks that "pruned" means now; null while nothing is pruned. */
export function prunedNow({ architecture, weights }: Pruned): PrunedId | null {
  const now = weights ?? architecture;
  return now && idOfShown(now);
}

export const isPruned = ({ architecture, weights }: Pruned): boolean => architecture !== null || weights !== null;

/** The state once an architecture is what "pruned" means; a perplexity of single weights goes with them. */
export function withArchitecture(architecture: ShownArchitecture): (state: StudioState) => Partial<StudioState> {
  return ({ weights }) => ({ architecture, weights: null, ...(weights ? { pruned: { phase: "none" } as const } : {}) });
}

/** The state once single weights are what "pruned" means. */
export function withWeights(weights: PrunedMlp): Partial<StudioState> {
  return { weights, architecture: null, pruned: { phase: "none" } };
}
