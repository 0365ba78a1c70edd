// The button that refits the kept weights by least squares, without training, and what it says of the outcome.
import { Play } from "lucide";
import { perplexityText } from "../../../../shared/format.ts";
import { canRefit } from "../../../../state/allowed.ts";
import type { RecoveryFacts } from "../../../../worker/protocol.ts";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { Icon } from "../../../parts/Icon.tsx";

/** The outcome in words. */
export const REFIT_DONE = "Refitted by least squares. Moving the target leaves the refitted weights.";

/** Why there is none. */
export function refitUndone({ guard: { before, last } }: RecoveryFacts): string {
  return `Undone: on a slice of the calibration text that was not fitted, perplexity was ${perplexityText(before)} before and ${perplexityText(last)} after.`;
}

export function RefitStart() {
  const able = useStudio(canRefit);
  const { refit } = useActions();
  return (
    <div className="recover-start">
      <button
        type="button"
        data-testid="refit"
        aria-describedby="refit-hint"
        title="Solves for the kept weights that match the dense model's activations"
        disabled={!able}
        onClick={() => void refit()}
      >
        <Icon of={Play} />
        Refit
      </button>
      <span className="field-hint" id="refit-hint">
        least squares, no training; Recover can follow
      </span>
    </div>
  );
}
