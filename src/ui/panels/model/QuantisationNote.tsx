// What quantising the open model on opening costs in perplexity, or why that was not measured.
import { quantisationText, quantisedOnOpening } from "../../../engine/index.ts";
import { percent, sentenceStart, whole } from "../../../shared/format.ts";
import { titleOf } from "../../../shared/texts.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { useStudio, useThrottled } from "../../studioContext.tsx";

/** "Quantised to Q4_0, the dense model has perplexity 20.100; ... (Speeches, held out, context 512, 2,048 tokens)." */
function noteOf({ quantisation, progress }: StudioState): string {
  switch (quantisation.phase) {
    case "none":
      return "What quantising costs in perplexity is measured after the dense model.";
    case "measuring": {
      const { done = 0, total = 0 } = progress.quantisation ?? {};
      return `Measuring what quantising costs${total > 0 ? `, ${percent(done / total, 0)}` : "…"}`;
    }
    case "failed":
      return `What quantising costs was not measured. ${quantisation.error.message}`;
    case "measured": {
      const { cost, of } = quantisation.result;
      const text = quantisationText(cost);
      const sentence = sentenceStart(text);
      if ("notMeasured" in cost) return sentence;
      return `${sentence} (${titleOf(of.text)}, context ${whole(of.context)}, ${whole(of.tokens)} tokens).`;
    }
  }
}

/** Nothing for a model that was not quantised. */
export function QuantisationNote() {
  const quantised = useStudio(
    ({ model }) => model.phase === "open" && quantisedOnOpening(model.facts.gpuDtype) !== undefined,
  );
  const note = useThrottled(noteOf);
  return quantised ? (
    <p className="field-hint" role="status" data-testid="quantisation">
      {note}
    </p>
  ) : null;
}
