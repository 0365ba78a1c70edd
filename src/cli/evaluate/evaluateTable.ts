// The table of npm run evaluate: one line per measure, one column per model.
import { perplexityText } from "../../shared/format.ts";
import { scoreRows, scoreText, taskTitle } from "../../shared/scoreTable.ts";
import { textTable } from "../host/textTable.ts";
import type { EvaluateAnswer } from "../page/evaluateModels.ts";

/** The table as text. Accuracies have their standard errors; differences from the dense model are of the same items. */
export function evaluateTable({ adapter, text, models }: EvaluateAnswer): string {
  const [dense] = models;
  if (!dense) return "";
  const { context, tokens } = dense.perplexity;
  const columns = models.map(({ name, agreement, tasks: scores }) => ({
    ...{ name, scores },
    agreement: agreement && { same: agreement.same / agreement.tokens, kl: agreement.kl },
  }));
  const names = dense.tasks.map(({ task }) => task);
  let titled: string | null = null;
  const measures = scoreRows(names, columns).flatMap(({ task, measure, unit, cells }) => {
    const scored = task === titled ? undefined : dense.tasks.find((one) => one.task === task);
    titled = task;
    const title = scored ? [[taskTitle(scored), ...models.map(() => "")]] : [];
    return [...title, [task === null ? measure : `${task} ${measure}`, ...cells.map((cell) => scoreText(unit, cell))]];
  });
  const rows = [
    ["", ...models.map(({ name }) => name)],
    ["perplexity", ...models.map(({ perplexity }) => perplexityText(perplexity.value))],
    ...measures,
  ];
  return `perplexity on ${text}, context ${context}, ${tokens} tokens; ${adapter}\n${textTable(rows, 1)}`;
}
