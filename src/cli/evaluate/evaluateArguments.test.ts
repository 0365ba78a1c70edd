// The arguments of npm run evaluate, and what is refused.
import { expect, test } from "vitest";
import { UsageError } from "../arguments/usageError.ts";
import { readEvaluateArguments } from "./evaluateArguments.ts";

const NEEDED = ["--model", "golden/llama", "--eval", "golden/README.md"];
const read = (...more: string[]): ReturnType<typeof readEvaluateArguments> =>
  readEvaluateArguments([...NEEDED, ...more]);

test("without --tasks, both tasks that need no file", () => {
  expect(read()).toMatchObject({
    tasks: [{ made: "next-sentence" }, { made: "last-word" }],
    items: 200,
    seed: 1,
    pruned: [],
  });
});

test("tasks and versions may be given several times", () => {
  const given = read(
    "--tasks",
    "golden/llama/choices.jsonl",
    "--tasks",
    "last-word",
    "--pruned",
    "golden/llama",
    "--pruned",
    "README.md",
  );
  expect(given.tasks).toEqual([{ file: "golden/llama/choices.jsonl" }, { made: "last-word" }]);
  expect(given.pruned).toEqual([{ folder: "golden/llama" }, { receipt: "README.md" }]);
});

test.each([
  [["--tasks", "hellaswag"], '--tasks: expected next-sentence, last-word or a file of JSON lines, got "hellaswag"'],
  [["--tasks", "golden"], "--tasks: expected a file"],
  [["--pruned", "nowhere.json"], "--pruned: expected a file"],
  [["--items", "5"], "--items: expected a whole number of at least 20, got 5"],
  [["--seed", "-1"], "--seed"],
  [["--text", "README.md"], "Unknown option '--text'"],
])("refuses %j", (more, message) => {
  expect(() => read(...more)).toThrow(UsageError);
  expect(() => read(...more)).toThrow(message);
});
