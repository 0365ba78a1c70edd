// From log-likelihoods to accuracies with standard errors, as lm-evaluation-harness computes them.
import type { Accuracy, TaskAccuracies } from "../../formats/runs/runScores.ts";
import type { ZeroShotTask, TaskItem } from "./task.ts";

/** What a model makes of one item. */
export interface ItemScore {
  /** Sum of ln p over the tokens of each continuation. */
  logLikelihoods: readonly number[];
  /** The same without the context, where the task asks for it. */
  alone?: readonly number[];
  /** Whether each continuation is what the model itself would write, token by token. */
  greedy: readonly boolean[];
}

/** The accuracies of a model on a task. acc: the share of items whose right continuation is the likeliest; of greedy tasks, whose continuation the model writes. */
export interface TaskScore extends Omit<TaskAccuracies, "difference"> {
  task: string;
  items: number;
  /** Whether each item is right, by acc: for differences between two models on the same items. */
  right: readonly boolean[];
}

/** Scores of a task from those of its items, in the same order. */
export function taskScore({ name, kind, items, alone }: ZeroShotTask, scores: readonly ItemScore[]): TaskScore {
  const judge = (isRight: (item: TaskItem, score: ItemScore) => boolean): boolean[] =>
    items.map((item, i) => {
      const score = scores[i];
      return score !== undefined && isRight(item, score);
    });
  const right = judge(({ gold }, { logLikelihoods, greedy }) =>
    kind === "greedy" ? greedy[gold] === true : indexOfLargest(logLikelihoods) === gold,
  );
  const byLength = judge(
    ({ gold, lengths }, { logLikelihoods }) =>
      indexOfLargest(logLikelihoods.map((sum, i) => sum / (lengths[i] ?? NaN))) === gold,
  );
  const byContext = judge(
    ({ gold }, score) => indexOfLargest(score.logLikelihoods.map((sum, i) => sum - (score.alone?.[i] ?? NaN))) === gold,
  );
  return {
    task: name,
    items: items.length,
    acc: accuracyOf(right),
    accNorm: kind === "choices" ? accuracyOf(byLength) : null,
    accMutualInfo: alone ? accuracyOf(byContext) : null,
    right,
  };
}

/** The accuracies of a score, and its difference from the dense model's. */
export function accuraciesOf(score: TaskScore, dense?: TaskScore): TaskAccuracies {
  const { acc, accNorm, accMutualInfo } = score;
  return { acc, accNorm, accMutualInfo, ...(dense ? { difference: accuracyDifference(dense, score) } : {}) };
}

/** b - a on the same items, with the standard error of the differences: smaller than that of two separate samples. */
export function accuracyDifference(a: TaskScore, b: TaskScore): Accuracy {
  return meanOf(b.right.map((right, i) => Number(right) - Number(a.right[i] === true)));
}

const accuracyOf = (right: readonly boolean[]): Accuracy => meanOf(right.map(Number));

function meanOf(values: readonly number[]): Accuracy {
  const n = values.length;
  const value = values.reduce((sum, one) => sum + one, 0) / n;
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / (n - 1);
  return { value, standardError: Math.sqrt(variance / n) };
}

/** The first index of the largest value. */
const indexOfLargest = (values: readonly number[]): number => values.indexOf(Math.max(...values));
