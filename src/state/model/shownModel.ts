// The model that the page shows, and what is known of the built-in one before it is open.
import { DEFAULT_TEXTS } from "../../shared/texts.ts";
import { EMBEDDED_FACTS, EMBEDDED_PERPLEXITY } from "../../worker/embeddedModel.ts";
import type { KnownFacts, ModelFacts, PerplexityResult } from "../../worker/protocol.ts";
import type { StudioState } from "../storeState.ts";

/** Facts of the open model, or of the previous one while another opens; null before the first. */
export function shownModel({ model }: Pick<StudioState, "model">): ModelFacts | null {
  if (model.phase === "open") return model.facts;
  return model.phase === "opening" ? model.previous : null;
}

/** Whether a model is open and the tokens of the texts are counted: opening has ended. */
export const isOpened = ({ model, counts }: Pick<StudioState, "model" | "counts">): boolean =>
  model.phase === "open" && counts !== null;

type Opening = Pick<StudioState, "model" | "requestedSource">;

/** Facts of the shown model; while the built-in one is opened first, its constants. */
export function knownModel(state: Opening): KnownFacts | null {
  const first = state.model.phase === "opening" && state.requestedSource.kind === "embedded";
  return shownModel(state) ?? (first ? EMBEDDED_FACTS : null);
}

/** The dense perplexity of the built-in model, where the page would measure the same; null anywhere else. */
export function knownPerplexity(
  state: Opening & Pick<StudioState, "evaluation" | "evaluationTokens">,
): PerplexityResult | null {
  const { evaluation, evaluationTokens } = state;
  const text = evaluation.kind === "bundled" && evaluation.name === DEFAULT_TEXTS.evaluation.name;
  const same = knownModel(state)?.fingerprint === EMBEDDED_FACTS.fingerprint;
  return same && text && evaluationTokens === EMBEDDED_PERPLEXITY.tokens ? EMBEDDED_PERPLEXITY : null;
}
