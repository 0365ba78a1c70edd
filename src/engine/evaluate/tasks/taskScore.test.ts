// Accuracies and their standard errors.
import { expect, test } from "vitest";
import { choiceItem } from "./task.ts";
import { accuracyDifference, taskScore } from "./taskScore.ts";

const greedy = [false, false];
const items = [choiceItem("", ["a", "bbbb"], 0), choiceItem("", ["a", "bbbb"], 1), choiceItem("", ["a", "b"], 1)];

test("acc takes the likeliest continuation, acc_norm the likeliest per character, and equals go to the first", () => {
  const scores = [
    { logLikelihoods: [-1, -2], greedy }, // per character -1 and -0.5
    { logLikelihoods: [-1, -2], greedy },
    { logLikelihoods: [-1, -1], greedy },
  ];
  const score = taskScore({ name: "t", kind: "choices", items }, scores);
  expect(score.right).toEqual([true, false, false]);
  expect(score.acc.value).toBeCloseTo(1 / 3);
  // sample deviation sqrt(p (1 - p) n / (n - 1)) over sqrt(n)
  expect(score.acc.standardError).toBeCloseTo(Math.sqrt((1 / 3) * (2 / 3)) / Math.sqrt(2));
  expect(score.accNorm?.value).toBeCloseTo(1 / 3);
  expect(score).toMatchObject({ task: "t", items: 3 });
});

test("mutual information subtracts what each choice has without its context", () => {
  const scores = items.map(() => ({ logLikelihoods: [-1, -2], alone: [-1, -4], greedy }));
  const score = taskScore({ name: "t", kind: "choices", alone: true, items }, scores);
  expect([score.acc.value, score.accMutualInfo?.value]).toEqual([1 / 3, 2 / 3]);
});

test("a greedy task counts continuations that the model writes itself, and neither it nor a pair has acc_norm", () => {
  const words = [choiceItem("", ["a"], 0), choiceItem("", ["b"], 0)];
  const scores = [
    { logLikelihoods: [-9], greedy: [true] },
    { logLikelihoods: [-0.1], greedy: [false] },
  ];
  expect(taskScore({ name: "t", kind: "greedy", items: words }, scores)).toMatchObject({
    right: [true, false],
    accNorm: null,
  });
  const pairs = taskScore({ name: "t", kind: "pairs", items: items.slice(0, 1) }, [
    { logLikelihoods: [-1, -2], greedy },
  ]);
  expect(pairs).toMatchObject({ acc: { value: 1, standardError: NaN }, accNorm: null });
});

test("the difference of two models on the same items has the error of the differences", () => {
  const of = (right: readonly boolean[]) => ({ ...taskScore({ name: "t", kind: "pairs", items: [] }, []), right });
  const same = accuracyDifference(of([true, false, true]), of([true, false, true]));
  expect(same).toEqual({ value: 0, standardError: 0 });
  const worse = accuracyDifference(of([true, true, true, true]), of([true, false, true, false]));
  expect(worse.value).toBe(-0.5);
  expect(worse.standardError).toBeCloseTo(Math.sqrt(1 / 3) / 2);
});
