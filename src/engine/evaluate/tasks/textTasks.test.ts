// Tasks made from a text: repeatable, with the truth where gold says, and refused for texts that are too short.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { textTask } from "./textTasks.ts";

/** 200 different sentences in which every word of the end occurs before. */
const text = Array.from(
  { length: 200 },
  (_, i) => `In year ${i} the treaty number${"abcdefghij"[i % 10]} was read, and the ministers signed that treaty.`,
).join(" ");
const sentences = text.split(/(?<=\.) /);

test("next-sentence: three sentences, then the true next one among four of the text", () => {
  const task = textTask("next-sentence", text, { items: 50, seed: 3 });
  expect(task.items).toHaveLength(50);
  for (const { context, continuations, gold } of task.items) {
    const truth = continuations[gold]?.slice(1) ?? "";
    const at = sentences.indexOf(truth);
    expect(context).toBe(sentences.slice(at - 3, at).join(" "));
    expect(new Set(continuations).size).toBe(4);
    for (const continuation of continuations) expect(sentences).toContain(continuation.slice(1));
  }
  const golds = new Set(task.items.map(({ gold }) => gold));
  expect([...golds].sort()).toEqual([0, 1, 2, 3]);
});

test("last-word: the passage without its last word, which occurs in it", () => {
  const task = textTask("last-word", text, { items: 30, seed: 3 });
  for (const { context, continuations } of task.items) {
    expect(continuations).toEqual([" treaty"]);
    expect(context.endsWith("signed that")).toBe(true);
  }
});

test("equal seeds give equal items, other seeds others", () => {
  const of = (seed: number): unknown => textTask("next-sentence", text, { items: 20, seed });
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
});

test.each(["next-sentence", "last-word"] as const)("%s refuses a text that is too short", (name) => {
  expect(() => textTask(name, "One sentence is not enough here.", { items: 20, seed: 1 })).toThrow(
    `evaluation text: the task ${name} needs at least 20 passages, got 0. Choose a longer text in whole sentences.`,
  );
});

test.each(["next-sentence", "last-word"] as const)(
  "%s finds a hundred items in the first part of a real text",
  (name) => {
    const real = readFileSync("public/text/sotu-held.txt", "utf8").slice(0, 400_000);
    const { items } = textTask(name, real, { items: 100, seed: 1 });
    expect(items).toHaveLength(100);
    for (const { continuations } of items) for (const one of continuations) expect(one).toMatch(/^ \S/);
  },
);
