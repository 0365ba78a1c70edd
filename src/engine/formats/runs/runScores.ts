// Zero-shot scores that are saved with a run: of the dense model, of the pruned one, and of the recovered one where there was a recovery.
import type { JsonField } from "../../json/jsonFields.ts";
import type { TextRef } from "../receipt/receiptTypes.ts";
import { readTextRef } from "../receipt/receiptFields.ts";

/** A mean of 0/1 values and its standard error. */
export interface Accuracy {
  value: number;
  /** Standard deviation of the sample over the root of its size; NaN for one item (null in JSON). */
  standardError: number;
}

/** Accuracies of a model on one task (METHOD.md 5). */
export interface TaskAccuracies {
  acc: Accuracy;
  /** By length; null for pairs and greedy tasks. */
  accNorm: Accuracy | null;
  /** By mutual information; null where the likelihoods without the context were not measured. */
  accMutualInfo: Accuracy | null;
  /** Of acc, from the dense model on the same items; missing for the dense model. */
  difference?: Accuracy;
}

/** A task as it was scored. */
export interface ScoredTask {
  task: string;
  /** The file, or the text that the items were made from. */
  source: TextRef;
  items: number;
  /** Of a task that was made from a text: what drew its items. */
  seed?: number;
}

const SCORED_MODELS = ["dense", "pruned", "recovered"] as const;

export interface ModelScores {
  model: (typeof SCORED_MODELS)[number];
  /** With the dense model: the share of equal next tokens, and mean KL in nats. Null for the dense model. */
  agreement: { same: number; kl: number } | null;
  /** One per task, in their order; fewer where the measurement was stopped. */
  scores: readonly TaskAccuracies[];
}

export interface RunScores {
  /** What agreement was measured on: the first tokens of a text, in windows of `context` tokens. */
  text: TextRef;
  tokens: number;
  context: number;
  tasks: readonly ScoredTask[];
  /** Dense first, then pruned; recovered last. */
  models: readonly ModelScores[];
}

/** Throws "format" naming the field. */
export function readScores(field: JsonField): RunScores {
  const tasks = field.get("tasks").list().map(readTask);
  return {
    text: readTextRef(field.get("text")),
    tokens: field.get("tokens").count(),
    context: field.get("context").count(),
    tasks,
    models: field
      .get("models")
      .list()
      .map((model) => readModel(model, tasks.length)),
  };
}

function readTask(field: JsonField): ScoredTask {
  const seed = field.get("seed");
  return {
    task: field.get("task").text(),
    source: readTextRef(field.get("source")),
    items: field.get("items").number({ min: 1, whole: true }),
    ...(seed.value === undefined ? {} : { seed: seed.count(2 ** 32 - 1) }),
  };
}

function readModel(field: JsonField, tasks: number): ModelScores {
  const [agreement, scores] = [field.get("agreement"), field.get("scores")];
  const list = scores.list();
  if (list.length > tasks) scores.refuse(`at most one entry per task (${tasks})`);
  return {
    model: field.get("model").oneOf(SCORED_MODELS),
    agreement:
      agreement.value === null
        ? null
        : { same: agreement.get("same").number({ min: 0, max: 1 }), kl: agreement.get("kl").number() },
    scores: list.map((one) => {
      const difference = one.get("difference");
      return {
        acc: readAccuracy(one.get("acc"), 0),
        accNorm: readOptional(one.get("accNorm")),
        accMutualInfo: readOptional(one.get("accMutualInfo")),
        ...(difference.value === undefined ? {} : { difference: readAccuracy(difference, -1) }),
      };
    }),
  };
}

const readOptional = (field: JsonField): Accuracy | null => (field.value === null ? null : readAccuracy(field, 0));

function readAccuracy(field: JsonField, min: number): Accuracy {
  const error = field.get("standardError");
  // JSON has no NaN; the browser's database does.
  const unknown = error.value === null || Number.isNaN(error.value);
  return {
    value: field.get("value").number({ min, max: 1 }),
    standardError: unknown ? NaN : error.number({ min: 0 }),
  };
}
