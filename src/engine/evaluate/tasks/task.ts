// Zero-shot tasks as plain data: questions that a language model answers by the likelihood of what follows a context.

/** The kinds of task. choices, pairs: the likeliest continuation is the answer. greedy: the model's own next tokens must be the continuation. */
export type TaskKind = "choices" | "pairs" | "greedy";

export interface TaskItem {
  /** The text before each continuation. It may be empty. */
  context: string;
  /** What may follow it, each with the space that separates it from the context. Of greedy items: one. */
  continuations: readonly string[];
  /** Index of the right continuation. */
  gold: number;
  /** Characters of each choice without the separating space, for the accuracy by length. */
  lengths: readonly number[];
}

export interface ZeroShotTask {
  name: string;
  kind: TaskKind;
  /** Whether each continuation is also scored without its context, for the accuracy by mutual information. */
  alone?: true;
  items: readonly TaskItem[];
}

/** Between a context and a continuation, as lm-evaluation-harness puts it by default. */
const DELIMITER = " ";

/** An item whose choices follow `context` after a space. Lengths are counted in code points, as Python counts them. */
export const choiceItem = (context: string, choices: readonly string[], gold: number): TaskItem => ({
  context,
  continuations: choices.map((choice) => DELIMITER + choice),
  gold,
  lengths: choices.map((choice) => Array.from(choice).length),
});
