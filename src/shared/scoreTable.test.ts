// The rows of zero-shot scores: which are there, how they read, and as CSV.
import { expect, it } from "vitest";
import { scoreCsv, scoreRows, scoreText } from "./scoreTable.ts";

const half = { value: 0.5, standardError: 0.05 };
const none = { accNorm: null, accMutualInfo: null };
const COLUMNS = [
  {
    name: "dense",
    agreement: null,
    scores: [
      { acc: half, ...none },
      { acc: half, ...none, accNorm: half },
    ],
  },
  {
    name: "pruned",
    agreement: { same: 0.75, kl: 0.41234 },
    scores: [{ acc: { value: 0.4, standardError: NaN }, ...none, difference: { value: -0.1, standardError: 0.02 } }],
  },
];

it("has a row per measure, without those that no model has", () => {
  const rows = scoreRows(["last-word", "a,b"], COLUMNS);
  expect(
    rows.map(({ task, measure, unit, cells }) => [task, measure, ...cells.map((cell) => scoreText(unit, cell))]),
  ).toEqual([
    [null, "same next token", "", "75.0 %"],
    [null, "KL from dense", "", "0.4123 nats"],
    ["last-word", "acc", "50.0 % ± 5.0", "40.0 % ± ?"],
    ["last-word", "acc, points from dense", "", "-10.0 ± 2.0"],
    ["a,b", "acc", "50.0 % ± 5.0", ""],
    ["a,b", "acc by length", "50.0 % ± 5.0", ""],
  ]);
  expect(scoreText("points", { value: 0.02, standardError: 0.01 })).toBe("+2.0 ± 1.0");
});

it("is CSV with a line per number", () => {
  const csv = scoreCsv(scoreRows(["last-word", "a,b"], COLUMNS), ["dense", "pruned"]);
  expect(csv.split("\n")).toEqual([
    "task,measure,model,value,standard error",
    ",same next token,pruned,0.75,",
    ",KL from dense,pruned,0.41234,",
    "last-word,acc,dense,0.5,0.05",
    "last-word,acc,pruned,0.4,",
    'last-word,"acc, points from dense",pruned,-0.1,0.02',
    '"a,b",acc,dense,0.5,0.05',
    '"a,b",acc by length,dense,0.5,0.05',
    "",
  ]);
});
