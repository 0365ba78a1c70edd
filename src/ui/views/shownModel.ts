// The model that the page shows.
import type { StudioState } from "../../state/storeState.ts";
import type { ModelFacts } from "../../worker/protocol.ts";

/** Facts of the open model, or of the previous one while another opens; null before the first. */
export function shownModel({ model }: Pick<StudioState, "model">): ModelFacts | null {
  if (model.phase === "open") return model.facts;
  return model.phase === "opening" ? model.previous : null;
}
