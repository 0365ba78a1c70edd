// Perplexities that stand together: the same tokens during a run, after it and of the dense model, which is measured first.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../engine/index.ts";
import { evaluationTokensFor } from "../../shared/evaluationTokens.ts";
import type { PerplexityResult, RunState } from "../../worker/protocol.ts";
import { architectureAt, bench, FACTS, perplexityAt, type Script } from "../client.fixture.ts";
import { REST_MS } from "../run/gatesSlice.ts";

async function opened(script: Script = {}) {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.sent.length = 0;
  return studio;
}

/** A script whose `train` lasts until the test ends it. */
function longRun(): { script: Script; end(): void } {
  let end = (): void => undefined;
  const train = () => new Promise<RunState>((done) => (end = () => done({ phase: "done", step: 600, of: 600 })));
  return { script: { train }, end: () => end() };
}

describe("the dense model", () => {
  it("is measured before the first step, also if Train is pressed at once", async () => {
    let answer = (): void => undefined;
    const studio = bench({
      perplexity: ({ tokens }) => new Promise((resolve) => (answer = () => resolve(perplexityAt(20, tokens)))),
    });
    await studio.store.getState().open({ kind: "embedded" });
    const playing = studio.store.getState().train();
    await studio.settle();
    expect(studio.types()).toEqual(["open", "texts", "perplexity"]);
    expect(studio.store.getState().pendingCommand).toBe("train");
    answer();
    await playing;
    expect(studio.types().slice(3)).toEqual(["train"]);
    expect(studio.store.getState().dense).toMatchObject({ phase: "measured", last: { result: { value: 20 } } });
  });

  it("is measured first also where its measurement was stopped, and with the new number of tokens", async () => {
    const answers: (() => void)[] = [];
    const studio = bench({
      perplexity: ({ tokens }) => new Promise((resolve) => answers.push(() => resolve(perplexityAt(20, tokens)))),
    });
    await studio.store.getState().open({ kind: "embedded" });
    const playing = studio.store.getState().train();
    await studio.settle();
    studio.store.getState().setEvaluationTokens(1024);
    answers[0]?.();
    await studio.settle();
    answers[1]?.();
    await playing;
    const asked = studio.sent.flatMap((one) => ("tokens" in one ? [[one.type, one.tokens]] : []));
    expect(asked).toEqual([
      ["perplexity", 2048],
      ["perplexity", 1024],
      ["train", 1024],
    ]);
  });

  it("does not keep a run from starting if it cannot be measured", async () => {
    const studio = await opened({
      perplexity: () => Promise.reject(new EngineError("shape", "the evaluation text is too short")),
    });
    await studio.store.getState().train();
    expect(studio.types()).toContain("train");
    expect(studio.store.getState().dense.phase).toBe("failed");
  });
});

describe("readings during a run", () => {
  it("are on as many tokens as the page measures, also where that number changes meanwhile", async () => {
    expect(evaluationTokensFor({ software: true })).toBeLessThan(evaluationTokensFor({ software: false }));
    for (const software of [true, false]) {
      const run = longRun();
      const open = () => ({ ...FACTS, adapter: { name: "test", software } });
      const studio = await opened({ ...run.script, open });
      const tokens = evaluationTokensFor({ software });
      expect(studio.store.getState().evaluationTokens).toBe(tokens);
      const playing = studio.store.getState().train();
      await studio.settle();
      expect(studio.sent.at(-1)).toMatchObject({ type: "train", tokens });
      studio.emit({ type: "run", run: { phase: "training", step: 3, of: 600 } });
      studio.store.getState().setEvaluationTokens(1024);
      expect(studio.sent.at(-1)).toEqual({ type: "evaluationTokens", tokens: 1024 });
      run.end();
      await playing;
    }
  });

  it("are kept as a line with the one at its end, but not those of other thresholds", async () => {
    const run = longRun();
    const studio = await opened({
      ...run.script,
      target({ ratio }) {
        const { made, ...rest } = architectureAt(ratio, 600);
        return { ...rest, made: made.kind === "disp" && ratio !== 0.5 ? { ...made, point: ratio } : made };
      },
    });
    const { train, setRatio } = studio.store.getState();
    const playing = train();
    await studio.settle();
    studio.emit({ type: "run", run: { phase: "training", step: 100, of: 600 } });
    const read = (step: number, result: PerplexityResult): void => {
      studio.emit({ type: "architecture", architecture: architectureAt(0.5, step) });
      studio.emit({ type: "perplexity", result, of: { run: "first", ratio: 0.5, step } });
    };
    read(100, perplexityAt(31, 2048));
    read(200, perplexityAt(29, 2048));
    run.end();
    await playing;
    const rest = async (): Promise<void> => {
      studio.frame();
      await studio.settle();
      studio.pass(REST_MS);
      await studio.settle();
    };
    await rest();
    const values = () => studio.series.readings.map(({ step, value, tokens }) => [step, value, tokens]);
    const line = [
      [100, 31, 2048],
      [200, 29, 2048],
      [600, 27, 2048],
    ];
    expect(values()).toEqual(line);
    setRatio(0.4);
    await rest();
    expect(values()).toEqual(line);
  });
});
