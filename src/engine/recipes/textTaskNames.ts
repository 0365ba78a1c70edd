// The names of the zero-shot tasks that are made from a text.

export const TEXT_TASKS = ["next-sentence", "last-word"] as const;
export type TextTask = (typeof TEXT_TASKS)[number];
