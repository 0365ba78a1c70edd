// Task files: the forms that lm-evaluation-harness reads and writes, and what is refused.
import { describe, expect, test } from "vitest";
import { EngineError } from "../../errors.ts";
import { readTaskFile } from "./taskFile.ts";

const lines = (...values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join("\n");

describe("multiple choice", () => {
  test("a choice follows the query after a space; characters are code points", () => {
    const content = `${lines({ query: "A cat", choices: ["sat", "🐈 ran"], gold: 1, label: 7 })}\r\n\n`;
    expect(readTaskFile("cats.jsonl", content)).toEqual({
      name: "cats",
      kind: "choices",
      items: [{ context: "A cat", continuations: [" sat", " 🐈 ran"], gold: 1, lengths: [3, 5] }],
    });
  });

  test.each([
    [
      "a list",
      [
        ["Q: 1\nA:", " one"],
        ["Q: 1\nA:", " two"],
      ],
    ],
    [
      "an object",
      { gen_args_0: { arg_0: "Q: 1\nA:", arg_1: " one" }, gen_args_1: { arg_0: "Q: 1\nA:", arg_1: " two" } },
    ],
  ])("a logged sample keeps the harness's own context, given as %s", (_, pairs) => {
    const doc = { query: "1", choices: ["one", "two"], gold: 0 };
    expect(readTaskFile("log.jsonl", lines({ doc_id: 0, doc, target: "0", arguments: pairs })).items).toEqual([
      { context: "Q: 1\nA:", continuations: [" one", " two"], gold: 0, lengths: [3, 3] },
    ]);
  });
});

test("a minimal pair has no context, and the good sentence first, in both spellings", () => {
  const pair = { context: "", continuations: [" He goes.", " He go."], gold: 0, lengths: [8, 6] };
  const content = lines({ good: "He goes.", bad: "He go." }, { sentence_good: "He goes.", sentence_bad: "He go." });
  expect(readTaskFile("pairs.jsonl", content)).toEqual({ name: "pairs", kind: "pairs", items: [pair, pair] });
});

const right = { query: "a", choices: ["b", "c"], gold: 0 };
test.each([
  ["nothing", "", "t.jsonl: expected at least one line of JSON"],
  ["text that is not JSON", "query: a", "t.jsonl, line 1: expected JSON"],
  ["a number", "7", "t.jsonl, line 1: file: expected an object, got 7"],
  [
    "a missing query",
    lines(right, { ...right, query: undefined }),
    "t.jsonl, line 2: query: expected text, got nothing",
  ],
  ["one choice", lines({ ...right, choices: ["b"] }), "choices: expected a list of 2 to 1000 choices"],
  ["a choice that is no text", lines({ ...right, choices: ["b", 3] }), "choices[1]: expected text, got 3"],
  ["gold beyond the choices", lines({ ...right, gold: 2 }), "gold: expected a whole number from 0 to 1, got 2"],
  ["gold as text", lines({ ...right, gold: "0" }), "gold: expected a whole number"],
  ["half a pair", lines({ good: "x" }), "bad: expected text, got nothing"],
  ["two kinds", lines(right, { good: "x", bad: "y" }), "line 2: file: expected the kind of the lines before (choices)"],
  [
    "a field twice",
    '{"query":"a","query":"b","choices":["b","c"],"gold":0}',
    'expected each key once, got "query" twice',
  ],
  [
    "too few arguments",
    lines({ doc: right, arguments: [["a", " b"]] }),
    "one pair of context and continuation per choice (2)",
  ],
  [
    "two contexts",
    lines({
      doc: right,
      arguments: [
        ["a", " b"],
        ["x", " c"],
      ],
    }),
    "all with the same context",
  ],
])("refuses %s by line and field", (_, content, message) => {
  expect(() => readTaskFile("t.jsonl", content)).toThrow(EngineError);
  expect(() => readTaskFile("t.jsonl", content)).toThrow(message);
});
