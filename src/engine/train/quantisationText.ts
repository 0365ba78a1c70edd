// What quantising a model when it is opened costs in perplexity, and how that is said.
import type { OpeningDtype } from "../dtype.ts";
import type { Precision } from "../tensor.ts";

/** Perplexities of the dense model on equal tokens, or a sentence that says why there are none. */
export type QuantisationCost = { type: OpeningDtype } & (
  | {
      /** Of the quantised model. */
      quantised: number;
      /** Of the model with the values of its file, in `precision`. */
      own: number;
      precision: Precision;
    }
  | { notMeasured: string }
);

/** A sentence, without the full stop where it was measured. */
export function quantisationText(cost: QuantisationCost): string {
  if ("notMeasured" in cost)
    return `what quantising to ${cost.type} costs in perplexity was not measured. ${cost.notMeasured}`;
  const { type, quantised, own, precision } = cost;
  const change = (100 * (quantised / own - 1)).toFixed(2);
  return `quantised to ${type}, the dense model has perplexity ${quantised.toFixed(3)}; with the weights of the file in ${precision} ${own.toFixed(3)} (${Number(change) < 0 ? "" : "+"}${change} %)`;
}
