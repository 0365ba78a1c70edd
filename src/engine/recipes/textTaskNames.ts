// The zero-shot tasks that are made from a text, and how their items are chosen.

export const TEXT_TASKS = ["next-sentence", "last-word"] as const;
export type TextTask = (typeof TEXT_TASKS)[number];

/** How items are chosen unless the user says otherwise. One seed, so that scores of different runs compare. */
export const TEXT_TASK_DEFAULTS = { items: 200, seed: 1 };
/** With fewer items the standard error is larger than most differences. */
export const MIN_TEXT_TASK_ITEMS = 20;
