// The part of bench/quality.md on zero-shot tasks: accuracies of the dense model, of DISP and of its recoveries at each ratio.
import { keyOf } from "../../src/cli/compare/methods.ts";
import type { ModelScores, TaskAccuracies } from "../../src/engine/index.ts";
import { percent } from "../../src/shared/format.ts";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { scoreText } from "../../src/shared/scoreTable.ts";
import { meanOf, NOT_MEASURED, seedsNote, type SectionRuns } from "./cells.ts";
import { type Entry, RECOVERY } from "./plan.ts";

/** Tasks with the measure that is shown: next sentences by mutual information, because small models prefer whichever is likely anywhere. */
const TASKS = [
  ["next-sentence", "Next sentence among four, by mutual information", "accMutualInfo"],
  ["last-word", "Last word of a passage", "acc"],
] as const;

const [SHORT, LONG] = RECOVERY.steps;
const ROWS = [
  ["DISP", SHORT, "pruned"],
  [`DISP + recover, ${SHORT} steps`, SHORT, "recovered"],
  [`DISP + recover, ${LONG} steps`, LONG, "recovered"],
] as const;

type Model = ModelScores["model"];
type Measure = (typeof TASKS)[number][2];

/** A model's accuracies on a task; of an undone recovery, which is the pruned model, the pruned one's. */
function accuraciesIn({ record: { scores } }: Entry, model: Model, task: string): TaskAccuracies | undefined {
  const at = scores?.tasks.findIndex((one) => one.task === task) ?? -1;
  const found = scores?.models.find((one) => one.model === model) ?? scores?.models.at(model === "dense" ? 0 : -1);
  return found?.scores[at];
}

/** Mean over the seeds, with the mean standard error of their items: seeds share the items, so more of them do not shrink it. */
function meanText(values: readonly { value: number; standardError: number }[]): string {
  const mean = {
    value: meanOf(values.map(({ value }) => value)),
    standardError: meanOf(values.map(({ standardError }) => standardError)),
  };
  return scoreText("share", mean);
}

/** A line on how the tasks are scored, and a table per task, also where nothing is measured. */
export function zeroShotTables({ entries, planned }: SectionRuns): string[] {
  const { ratios, scoreItems } = RECOVERY;
  const valuesOf = (of: readonly Entry[], model: Model, task: string, measure: Measure) =>
    of.flatMap((entry) => accuraciesIn(entry, model, task)?.[measure] ?? []);
  const cell = (steps: number, ratio: number, model: Model, [task, , measure]: (typeof TASKS)[number]): string => {
    const keys = planned.map(keyOf).filter((key) => key.startsWith(`disp:full+recover:${steps} keep ${ratio} `));
    const found = entries.filter(({ key }) => keys.includes(key));
    const values = valuesOf(found, model, task, measure);
    return values.length === 0 ? NOT_MEASURED : `${meanText(values)}${seedsNote(values.length, keys.length)}`;
  };
  const dense = ([task, , measure]: (typeof TASKS)[number]): string => {
    const [first] = valuesOf(entries, "dense", task, measure);
    return first ? scoreText("share", first) : NOT_MEASURED;
  };
  return [
    `Zero-shot tasks made from the evaluation text, ${scoreItems} items each: accuracy with its standard error, mean over the seeds, which share the items. Chance is 25 % for the next sentence.`,
    ...TASKS.map((task) =>
      markdownTable(
        [task[1], ...ratios.map((ratio) => percent(1 - ratio, 0))],
        [
          ["**dense**", ...ratios.map(() => dense(task))],
          ...ROWS.map(([label, steps, model]) => [label, ...ratios.map((ratio) => cell(steps, ratio, model, task))]),
        ],
      ),
    ),
  ];
}
