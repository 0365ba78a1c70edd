// A start that waits for the dense model: Pause and Stop cancel it and the measurement, and the page is as it was before.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, EngineError } from "../../engine/index.ts";
import type { PerplexityResult, RunState } from "../../worker/protocol.ts";
import { architectureAt, type Bench, bench, perplexityAt } from "../client.fixture.ts";
import type { Patch } from "../storeState.ts";

/** A studio whose dense perplexity is answered, or refused as the worker does after a cancel, when the test says so. */
async function slowDense(): Promise<{ studio: Bench; answer(): void; refuse(): void }> {
  let answer = (): void => undefined;
  let refuse = (): void => undefined;
  const studio = bench({
    perplexity: ({ tokens }) =>
      new Promise<PerplexityResult>((resolve, reject) => {
        answer = () => resolve(perplexityAt(20, tokens));
        refuse = () => reject(new EngineError("cancelled", "The measurement was stopped."));
      }),
  });
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  return { studio, answer: () => answer(), refuse: () => refuse() };
}

const PAUSED: RunState = { phase: "paused", step: 3, of: 9 };
const OWN = { ...DEFAULT_RECIPE, seed: 7 };
const BEFORE: readonly (readonly [string, Patch])[] = [
  ["nothing has run", {}],
  ["a run is paused", { run: PAUSED, architecture: architectureAt(0.5, 3) }],
  ["a run is paused while a saved one is shown", { run: PAUSED, pausedRecipe: OWN }],
  ["an earlier session left a checkpoint", { resumable: { recipe: OWN, step: 3 } }],
  ["a run failed", { runError: new EngineError("not-finite", "the loss of step 4 is NaN") }],
  [
    "a curve was measured",
    { run: { phase: "done", step: 9, of: 9 }, curve: { phase: "stopped", points: [] }, recipe: OWN },
  ],
];
const CANCELS = ["pause", "stop"] as const;

describe.each(BEFORE)("cancelled before the first step where %s", (name, patch) => {
  it.each(CANCELS)("%s: everything is as before, at once", async (cancel) => {
    const { studio, refuse } = await slowDense();
    studio.store.setState(patch);
    const before = studio.store.getState();
    const { train, resume } = before;
    const starting = name.includes("checkpoint") ? resume() : train();
    await studio.settle();
    expect(studio.store.getState()).toMatchObject({ pendingCommand: "train", startWaits: true });
    await studio.store.getState()[cancel]();
    await starting;
    expect(studio.store.getState()).toEqual({ ...before, dense: { phase: "none" } });
    expect(studio.types()).toEqual(["open", "texts", "perplexity", "cancel"]);
    expect(studio.sent.at(-1)).toEqual({ type: "cancel", task: "perplexity" });
    refuse();
    studio.frame();
    await studio.settle();
    studio.pass(10_000);
    await studio.settle();
    expect(studio.types()).toHaveLength(4);
  });
});

it("can be started again, also while the worker is still at the window of the cancelled measurement", async () => {
  const { studio, answer, refuse } = await slowDense();
  const first = studio.store.getState().train();
  await studio.settle();
  await studio.store.getState().stop();
  await first;
  const second = studio.store.getState().train();
  await studio.settle();
  expect(studio.store.getState()).toMatchObject({ pendingCommand: "train", startWaits: true });
  refuse();
  await studio.settle();
  answer();
  await second;
  expect(studio.types()).toEqual(["open", "texts", "perplexity", "cancel", "perplexity", "train"]);
  expect(studio.store.getState()).toMatchObject({ startWaits: false, dense: { phase: "measured" } });
});

it("works for a single step, and the run's own stop works once it has begun", async () => {
  const { studio, answer } = await slowDense();
  const step = studio.store.getState().step();
  await studio.settle();
  await studio.store.getState().stop();
  await step;
  expect(studio.types()).not.toContain("step");
  const train = studio.store.getState().train();
  answer();
  await studio.settle();
  answer();
  await train;
  studio.emit({ type: "run", run: { phase: "training", step: 1, of: 9 } });
  await studio.store.getState().stop();
  expect(studio.types().at(-1)).toBe("stop");
});

it("begins with the target that was chosen while the dense model was measured", async () => {
  const { studio, answer } = await slowDense();
  studio.store.setState({ run: PAUSED, pausedRecipe: OWN });
  const train = studio.store.getState().train();
  studio.store.getState().setRatio(0.4);
  answer();
  await train;
  expect(studio.sent.find(({ type }) => type === "train")).toMatchObject({ recipe: { ...OWN, ratio: 0.4 } });
});

it("does not begin on the device that is opened after a loss", async () => {
  const { studio, answer } = await slowDense();
  const train = studio.store.getState().train();
  await studio.settle();
  const error = new EngineError("device-lost", "the device was lost");
  studio.emit({ type: "error", error: error.toPlain(), during: "device" });
  await train;
  expect(studio.store.getState()).toMatchObject({ startWaits: false, pendingCommand: null });
  await studio.store.getState().reopenDevice();
  await studio.settle();
  answer();
  await studio.settle();
  expect(studio.types()).not.toContain("train");
});
