// The table of npm run evaluate: one line per measure, one column per model.
import type { Accuracy } from "../../engine/index.ts";
import { percent, perplexityText, whole } from "../../shared/format.ts";
import { textTable } from "../host/textTable.ts";
import type { EvaluateAnswer } from "../page/evaluateModels.ts";

/** "41.5 % ± 3.5": an accuracy and its standard error in points. */
const accuracyText = ({ value, standardError }: Accuracy): string =>
  `${percent(value)} ± ${Number.isFinite(standardError) ? (100 * standardError).toFixed(1) : "?"}`;

/** "-2.0 ± 1.4": a difference in points. */
const differenceText = ({ value, standardError }: Accuracy): string =>
  `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)} ± ${(100 * standardError).toFixed(1)}`;

/** The table as text. Accuracies have their standard errors; differences from the dense model are of the same items. */
export function evaluateTable({ adapter, text, models }: EvaluateAnswer): string {
  const [dense] = models;
  if (!dense) return "";
  const { context, tokens } = dense.perplexity;
  const row = (name: string, cell: (model: EvaluateAnswer["models"][number]) => string): string[] => [
    name,
    ...models.map(cell),
  ];
  const rows = [
    row("", ({ name }) => name),
    row("perplexity", ({ perplexity }) => perplexityText(perplexity.value)),
    row("same next token", ({ agreement }) => (agreement ? percent(agreement.same / agreement.tokens) : "")),
    row("KL from dense", ({ agreement }) => (agreement ? `${agreement.kl.toFixed(4)} nats` : "")),
    ...dense.tasks.flatMap(({ task, items }, i) => {
      const of = (measure: "acc" | "accNorm" | "accMutualInfo" | "difference", show: (one: Accuracy) => string) =>
        row(`${task} ${LABELS[measure]}`, ({ tasks }) => {
          const value = tasks[i]?.[measure];
          return value ? show(value) : "";
        });
      return [
        row(`${task} (${whole(items)} items)`, () => ""),
        of("acc", accuracyText),
        of("accNorm", accuracyText),
        of("accMutualInfo", accuracyText),
        of("difference", differenceText),
      ].filter(([, ...cells], line) => line === 0 || cells.some((cell) => cell !== ""));
    }),
  ];
  return `perplexity on ${text}, context ${context}, ${tokens} tokens; ${adapter}\n${textTable(rows, 1)}`;
}

const LABELS = {
  acc: "acc",
  accNorm: "acc by length",
  accMutualInfo: "acc by mutual information",
  difference: "acc, points from dense",
};
