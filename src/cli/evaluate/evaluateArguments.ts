// The arguments of npm run evaluate: the model, its pruned versions, and the tasks.
import {
  MIN_TEXT_TASK_ITEMS,
  TEXT_TASK_DEFAULTS,
  TEXT_TASKS,
  type TextTask,
} from "../../engine/recipes/textTaskNames.ts";
import { existsSync, statSync } from "node:fs";
import { existingFile, optionalWhole, parseValues, type Values } from "../arguments/arguments.ts";
import {
  EVALUATION_OPTIONS,
  EVALUATION_USAGE,
  type EvaluationArguments,
  readEvaluationArguments,
} from "../arguments/runArguments.ts";
import { UsageError } from "../arguments/usageError.ts";

const LARGEST_U32 = 2 ** 32 - 1;

export const EVALUATE_USAGE = `usage: npm run evaluate -- --model DIR|FILE.gguf --eval FILE [--tasks TASK ...] [--pruned PATH ...] [OPTIONS]
Measures the model and pruned versions of it side by side: zero-shot tasks, perplexity, and how often the next token is the same.
Prints one line of JSON on stdout and a table on stderr.

${EVALUATION_USAGE}
  --tasks TASK             once per task (default: both that need no file):
      FILE.jsonl           JSON lines of lm-evaluation-harness: query, choices and gold, or pairs of good and bad, or its logged samples
      next-sentence        made from --eval: which of four sentences is the next one
      last-word            made from --eval: the last word of a passage
  --items ${TEXT_TASK_DEFAULTS.items}              items of a task that is made from --eval
  --seed ${TEXT_TASK_DEFAULTS.seed}                 selects these items
  --pruned PATH            once per version: the receipt.json of an export, whose masks are applied to the model, or a folder with a
                           model of its own, such as a masked export`;

interface EvaluateArguments extends EvaluationArguments {
  /** Paths of task files, and names of made tasks. */
  tasks: ({ file: string } | { made: TextTask })[];
  items: number;
  seed: number;
  /** Paths of receipts and of folders. */
  pruned: ({ receipt: string } | { folder: string })[];
}

/** Throws a UsageError that names the argument. */
export function readEvaluateArguments(argv: readonly string[]): EvaluateArguments {
  const many = { type: "string", multiple: true } as const;
  const text = { type: "string" } as const;
  const values = parseValues(argv, { ...EVALUATION_OPTIONS, tasks: many, pruned: many, items: text, seed: text });
  const tasks = list(values, "tasks");
  return {
    ...readEvaluationArguments(values),
    tasks: (tasks.length > 0 ? tasks : [...TEXT_TASKS]).map(readTask),
    items: optionalWhole(values, "items", { min: MIN_TEXT_TASK_ITEMS, max: LARGEST_U32 }) ?? TEXT_TASK_DEFAULTS.items,
    seed: optionalWhole(values, "seed", { min: 0, max: LARGEST_U32 }) ?? TEXT_TASK_DEFAULTS.seed,
    pruned: list(values, "pruned").map(readVersion),
  };
}

const list = (values: Values, name: string): string[] => {
  const given = values[name];
  return Array.isArray(given) ? given.map(String) : [];
};

function readTask(task: string): EvaluateArguments["tasks"][number] {
  const made = TEXT_TASKS.find((name) => name === task);
  if (made) return { made };
  if (!existsSync(task))
    throw new UsageError(
      `--tasks: expected ${TEXT_TASKS.join(", ")} or a file of JSON lines, got "${task}", which does not exist`,
    );
  return { file: existingFile("tasks", task) };
}

function readVersion(path: string): EvaluateArguments["pruned"][number] {
  if (existsSync(path) && statSync(path).isDirectory()) return { folder: path };
  return { receipt: existingFile("pruned", path) };
}
