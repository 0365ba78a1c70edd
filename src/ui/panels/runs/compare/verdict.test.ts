// The verdict: what is better at what, and nothing is subtracted that was measured in another way.
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../../../engine/index.ts";
import { gatesRun, weightsRun } from "../../../../state/runs/savedRuns.fixture.ts";
import { firstDifference, verdictOf } from "./verdict.ts";

const of = (patch: Partial<RunRecord> = {}): RunRecord => gatesRun("a", patch).record;
const { perplexity, kept } = of();
const better = of({ perplexity: { ...perplexity, pruned: 24.3 } });
const smaller = of({
  kept: { blockWeights: { kept: 36, of: 144 }, modelWeights: { kept: 88, of: 196 }, bytes: 176 },
});
const row = (a: RunRecord, b: RunRecord | null, what: string) =>
  verdictOf(a, b, "test").rows.find((one) => one.what === what);

describe("the verdict", () => {
  it("subtracts what was measured alike, and says which is better at what", () => {
    expect(row(better, smaller, "Perplexity")).toEqual({
      ...{ what: "Perplexity", a: "24.30", b: "27.00", difference: "+2.70 (+11.1 %)", better: "a" },
    });
    expect(row(better, smaller, "Block weights kept")).toMatchObject({ difference: "−25.0 points", better: "b" });
    const { sentence, cannot } = verdictOf(better, smaller, "test");
    expect(sentence).toBe(
      "A predicts the text better (24.30 against 27.00); B keeps fewer weights (44.9 % against 63.3 %) and takes less space (176 B against 248 B).",
    );
    expect(cannot).toEqual([]);
    expect(verdictOf(of(), of(), "test").sentence).toBe("A and B do not differ in what can be compared.");
  });

  it("has the dense model as a partner of any run", () => {
    expect(row(of(), null, "Perplexity")).toMatchObject({ a: "27.00", b: "20.00", better: "b" });
    expect(row(of(), null, "Whole model kept")).toMatchObject({ a: "63.3 %", b: "100.0 %", better: "a" });
    expect(row(of(), null, "Size of the weights")).toMatchObject({ a: "248 B", b: "392 B" });
    // zeros take as much space as other weights
    expect(row(weightsRun("w").record, null, "Size of the weights")).toMatchObject({
      difference: "none",
      better: null,
    });
  });

  it.each([
    ["text", { text: { name: "moby-held.txt", sha256: "cd".repeat(32) } }, /another text \(Speeches, held out \/ Moby/],
    ["context", { context: 32 }, /another context \(16 \/ 32\)/],
    ["number of tokens", { tokens: 4096 }, /another number of tokens \(2,048 \/ 4,096\)/],
    ["quantisation", { quantised: "Q4_0" as const }, /another quantisation/],
  ])("does not subtract perplexities on another %s", (_, patch, reason) => {
    const other = of({ perplexity: { ...perplexity, pruned: 20, ...patch } });
    expect(row(of(), other, "Perplexity")).toMatchObject({ difference: null, better: null, b: "20.00" });
    expect(verdictOf(of(), other, "test").cannot.join()).toMatch(reason);
    expect(verdictOf(of(), other, "test").sentence).not.toContain("predicts");
  });

  it("compares times of one adapter only, and says where that is not this one", () => {
    const timed = (adapter: string, pruned: number) => of({ adapter, msPerToken: { dense: 3, pruned } });
    expect(row(timed("test", 2), timed("test", 1), "Time per token")).toMatchObject({ better: "b" });
    expect(verdictOf(timed("test", 2), timed("test", 1), "test").cannot).toEqual([]);
    expect(verdictOf(timed("x", 2), timed("x", 1), "test").cannot.join()).toContain("not of the GPU of this page");
    const other = verdictOf(timed("x", 2), timed("y", 1), "x");
    expect(other.cannot.join()).toContain("A was timed on x, B on y");
    expect(row(timed("x", 2), timed("y", 1), "Time per token")?.difference).toBeNull();
    expect(verdictOf(timed("x", 2), of(), "x").cannot.join()).toContain("that of B was not measured");
    expect(row(of(), of(), "Time per token")).toBeUndefined();
  });

  it("compares zero-shot scores of the same items", () => {
    const scored = (value: number, seed: number) => {
      const acc = { value, standardError: 0.1 };
      const scores = [{ acc, accNorm: null, accMutualInfo: null }];
      const tasks = [{ task: "last-word", source: perplexity.text, items: 20, seed }];
      const models = [
        { model: "dense" as const, agreement: null, scores },
        { model: "pruned" as const, agreement: null, scores },
      ];
      return of({ scores: { text: perplexity.text, tokens: 64, context: 16, tasks, models } });
    };
    expect(row(scored(0.25, 1), scored(0.5, 1), "Zero-shot, last-word")).toMatchObject({
      ...{ difference: "+25.0 points", better: "b" },
    });
    expect(row(scored(0.25, 1), scored(0.5, 2), "Zero-shot, last-word")?.difference).toBeNull();
    expect(row(scored(0.25, 1), of(), "Zero-shot, last-word")).toMatchObject({ b: "not measured", difference: null });
  });

  it("subtracts nothing of two models", () => {
    const other = of({ model: { name: "other", modelType: "llama", fingerprint: "g" }, kept });
    const { rows, sentence, cannot } = verdictOf(of(), other, "test");
    expect(rows.map(({ difference }) => difference)).toEqual(rows.map(() => null));
    expect(sentence).toContain("different models");
    expect(cannot[0]).toBe("Nothing is subtracted: A prunes tiny, B other.");
  });
});

it("finds the first token in which two texts differ", () => {
  const ids = (...all: number[]) => all.map((id) => ({ id }));
  expect(firstDifference(ids(1, 2, 3), ids(1, 4, 3))).toBe(1);
  expect(firstDifference(ids(1, 2), ids(1, 2, 3))).toBe(2);
  expect(firstDifference(ids(1, 2, 3), ids(1, 2))).toBe(2);
  expect(firstDifference(ids(1, 2), ids(1, 2))).toBeNull();
});
