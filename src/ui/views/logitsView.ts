// The gate logits of the current pruning for charts: values, the probability that training keeps a gate, or why there are none.
import { LOGIT_OFFSET, type Recipe } from "../../engine/index.ts";
import type { GateData } from "../../charts/index.ts";
import { shownLogits } from "../../state/run/gatesSlice.ts";
import type { StudioState } from "../../state/storeState.ts";

/** The probability that a training step keeps a gate of this logit (METHOD.md 1.3): of noise that is logistic, or Gumbel. */
export function keepProbability(logit: number, estimator: Recipe["estimator"]): number {
  const x = logit + LOGIT_OFFSET;
  return estimator === "gumbel" ? -Math.expm1(-Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

type Known = Pick<StudioState, "architecture" | "gateLogits" | "restored" | "recovered">;

/** What the map shows of gate logits. */
export function logitsView(state: Known): Pick<GateData, "logits" | "earlier" | "keepProbability" | "noLogits"> {
  const { architecture, restored, gateLogits } = state;
  if (!architecture) return {};
  const logits = shownLogits(state);
  if (!logits) {
    if (restored !== null || architecture.made.kind !== "disp") return { noLogits: "not saved with the run" };
    const earlier = gateLogits?.of.run === architecture.run ? gateLogits : null;
    return {
      noLogits: "being read",
      ...(earlier ? { earlier: { logits: earlier.vectors, step: earlier.of.step } } : {}),
    };
  }
  const { made } = architecture;
  const estimator = made.kind === "disp" ? made.recipe.estimator : "reinmax";
  return { logits, keepProbability: (logit) => keepProbability(logit, estimator) };
}
