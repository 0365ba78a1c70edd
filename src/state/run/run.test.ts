// Runs and the slider: commands in the right order, the last target wins, and errors lose nothing.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, EngineError } from "../../engine/index.ts";
import type { ModelFacts, RunState } from "../../worker/protocol.ts";
import { REST_MS } from "./gatesSlice.ts";
import { architectureAt, bench, FACTS, perplexityAt } from "../client.fixture.ts";
import type { Bench, Script } from "../client.fixture.ts";

async function opened(script: Script = {}): Promise<Bench> {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.sent.length = 0;
  return studio;
}

/** A script whose `train` lasts until the test ends it. */
function longRun(): { script: Script; end(state: RunState): void; fail(error: EngineError): void } {
  let end: (state: RunState) => void = () => undefined;
  let fail: (error: EngineError) => void = () => undefined;
  const train = () => new Promise<RunState>((resolve, reject) => ((end = resolve), (fail = reject)));
  return { script: { train }, end: (state) => end(state), fail: (error) => fail(error) };
}

const TRAINING: RunState = { phase: "training", step: 3, of: 600 };

describe("run", () => {
  it("trains, then requests the architecture and measures it once the slider rests", async () => {
    const studio = await opened();
    await studio.store.getState().train();
    studio.frame();
    await studio.settle();
    studio.pass(REST_MS);
    await studio.settle();
    expect(studio.types()).toEqual(["train", "target", "perplexity", "record"]);
    expect(studio.store.getState()).toMatchObject({
      run: { phase: "done" },
      architecture: { ratio: 0.5 },
      pruned: { phase: "measured", last: { of: { ratio: 0.5, step: 9 }, result: { value: 27 } } },
    });
  });

  it("is measured anew when another run has ended at the same target and step", async () => {
    let run = "first";
    const studio = await opened({ target: ({ ratio }) => architectureAt(ratio, 9, run) });
    const trained = async (): Promise<void> => {
      await studio.store.getState().train();
      studio.frame();
      await studio.settle();
      studio.pass(REST_MS);
      await studio.settle();
    };
    await trained();
    run = "second";
    studio.sent.length = 0;
    await trained();
    expect(studio.types()).toContain("perplexity");
    expect(studio.store.getState().pruned).toMatchObject({ phase: "measured", last: { of: { run: "second" } } });
  });

  it("does not send a recipe that is out of bounds", async () => {
    const studio = await opened();
    studio.store.getState().setRecipe({ steps: 0.5 });
    await studio.store.getState().train();
    expect(studio.types()).toEqual([]);
    expect(studio.store.getState().runError?.message).toMatch(/steps: expected a whole number/);
  });

  it("takes back why a start failed when another start succeeds, and no other notice", async () => {
    let fails = true;
    const studio = await opened({
      train: ({ recipe }) => {
        if (fails) throw new EngineError("limit", "one step needs 9 GB, the GPU has 4 GB");
        return { phase: "done", step: recipe.steps, of: recipe.steps };
      },
    });
    const shown = (): string[] => studio.store.getState().notices.map(({ context }) => context);
    studio.store.getState().notify(new EngineError("format", "runs.json: expected JSON, got text"), "runs");
    await studio.store.getState().train();
    expect(shown()).toEqual(["runs", "training"]);
    fails = false;
    await studio.store.getState().train();
    expect(studio.store.getState().run.phase).toBe("done");
    expect(shown()).toEqual(["runs"]);
  });

  it("keeps map, curves and pace when a loss is not finite, and shows it at the run", async () => {
    const run = longRun();
    const studio = await opened(run.script);
    const playing = studio.store.getState().train();
    await studio.settle();
    studio.emit({ type: "run", run: TRAINING });
    studio.emit({ type: "architecture", architecture: architectureAt(0.5, 3) });
    run.fail(new EngineError("not-finite", "the loss of step 4 is NaN"));
    await playing;
    const { run: now, runError, architecture, pendingCommand } = studio.store.getState();
    expect(runError?.code).toBe("not-finite");
    expect(architecture?.step).toBe(3);
    expect(now.phase).toBe("paused");
    expect(pendingCommand).toBeNull();
  });

  it("resumes with the recipe of the checkpoint", async () => {
    const studio = await opened();
    const recipe = { ...DEFAULT_RECIPE, seed: 7 };
    studio.emit({ type: "resumable", recipe, step: 250 });
    await studio.store.getState().resume();
    expect(studio.sent[0]).toEqual({ type: "train", recipe, tokens: 2048, resume: true });
    expect(studio.store.getState().resumable).toBeNull();
  });

  it("reopens a lost device and resumes the run", async () => {
    const run = longRun();
    let opens = 0;
    const studio = await opened(run.script);
    const playing = studio.store.getState().train();
    await studio.settle();
    studio.emit({ type: "run", run: TRAINING });
    const error = new EngineError("device-lost", "the device was lost");
    studio.emit({ type: "error", error: error.toPlain(), during: "device" });
    run.fail(error);
    await playing;
    expect(studio.store.getState().device).toMatchObject({ phase: "lost", training: true });
    studio.sent.length = 0;
    const again = studio.store.getState().reopenDevice();
    studio.emit({ type: "resumable", recipe: DEFAULT_RECIPE, step: 2 });
    await studio.settle();
    opens = studio.types().filter((type) => type === "open").length;
    expect(opens).toBe(1);
    expect(studio.types()).toContain("train");
    expect(studio.store.getState().device.phase).toBe("ready");
    run.end({ phase: "done", step: 600, of: 600 });
    await again;
  });

  it("begins anew on the next device where the run has no checkpoint yet", async () => {
    const run = longRun();
    const studio = await opened(run.script);
    const playing = studio.store.getState().train();
    await studio.settle();
    studio.emit({ type: "run", run: TRAINING });
    run.fail(new EngineError("device-lost", "the device was lost"));
    await playing;
    studio.sent.length = 0;
    const again = studio.store.getState().reopenDevice();
    studio.emit({ type: "run", run: { phase: "idle" } });
    await studio.settle();
    expect(studio.sent.find(({ type }) => type === "train")).toMatchObject({ recipe: DEFAULT_RECIPE });
    run.end({ phase: "done", step: 600, of: 600 });
    await again;
  });

  it("measures on the next device what was being measured when it was lost", async () => {
    let lost = true;
    const studio = bench({
      perplexity({ tokens }) {
        if (lost) throw new EngineError("device-lost", "the device was lost");
        return perplexityAt(20, tokens);
      },
    });
    await studio.store.getState().open({ kind: "embedded" });
    await studio.settle();
    expect(studio.store.getState().device.phase).toBe("lost");
    lost = false;
    await studio.store.getState().reopenDevice();
    await studio.settle();
    expect(studio.store.getState().dense).toMatchObject({ phase: "measured", last: { result: { value: 20 } } });
  });

  it("keeps the screen, and the run to resume, if the device cannot be opened again", async () => {
    const run = longRun();
    let refused = false;
    const open = (): ModelFacts => {
      if (refused) throw new EngineError("no-webgpu", "there is no adapter.");
      return FACTS;
    };
    const studio = await opened({ ...run.script, open });
    const playing = studio.store.getState().train();
    await studio.settle();
    studio.emit({ type: "run", run: TRAINING });
    run.fail(new EngineError("device-lost", "the device was lost"));
    await playing;
    refused = true;
    await studio.store.getState().reopenDevice();
    const { device, model } = studio.store.getState();
    expect(device).toMatchObject({ phase: "lost", training: true, error: { code: "device-lost" } });
    expect("error" in device && device.error.message).toContain("could not be opened again: there is no adapter.");
    expect(model).toEqual({ phase: "open", facts: FACTS });
  });
});

describe("the GPU's queue", () => {
  it("cancels a measurement of the pruned model and waits for its end before a run begins", async () => {
    let endMeasurement = (): void => undefined;
    let waits = false;
    const studio = bench({
      perplexity: ({ tokens }) =>
        waits
          ? new Promise((_, reject) => (endMeasurement = () => reject(new EngineError("cancelled", "cancelled"))))
          : perplexityAt(20, tokens),
    });
    await studio.store.getState().open({ kind: "embedded" });
    await studio.settle();
    waits = true;
    studio.store.setState({ architecture: architectureAt(0.5, 9) });
    studio.store.getState().measureMissing();
    await studio.settle();
    studio.sent.length = 0;
    const playing = studio.store.getState().train();
    await studio.settle();
    expect(studio.types()).toEqual(["cancel"]);
    endMeasurement();
    await playing;
    expect(studio.types()).toEqual(["cancel", "train"]);
    expect(studio.store.getState().pruned.phase).toBe("none");
  });

  it("ignores a measurement of masks that a reset has cleared", async () => {
    let answer = (): void => undefined;
    const studio = await opened({
      perplexity: ({ tokens }) => new Promise((resolve) => (answer = () => resolve(perplexityAt(27, tokens)))),
    });
    answer();
    await studio.settle();
    studio.store.setState({ architecture: architectureAt(0.5, 9) });
    studio.store.getState().measureMissing();
    await studio.settle();
    await studio.store.getState().reset();
    answer();
    await studio.settle();
    expect(studio.store.getState()).toMatchObject({ architecture: null, pruned: { phase: "none" } });
  });

  it("measures dense and pruned one after the other", async () => {
    const ends: (() => void)[] = [];
    const studio = bench({
      perplexity: ({ tokens }) => new Promise((resolve) => ends.push(() => resolve(perplexityAt(20, tokens)))),
    });
    await studio.store.getState().open({ kind: "embedded" });
    studio.store.setState({ architecture: architectureAt(0.5, 9) });
    studio.store.getState().measureMissing();
    await studio.settle();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await studio.settle();
    expect(ends).toHaveLength(2);
  });
});

describe("slider", () => {
  it("sends at most one target per frame, one at a time, and ends with the last value", async () => {
    const answers: (() => void)[] = [];
    const studio = await opened({
      target: ({ ratio }) => new Promise((resolve) => answers.push(() => resolve(architectureAt(ratio, 9)))),
    });
    const { setRatio } = studio.store.getState();
    setRatio(0.45);
    setRatio(0.4);
    studio.frame();
    setRatio(0.35);
    setRatio(0.3);
    studio.frame();
    answers[0]?.();
    await studio.settle();
    studio.frame();
    answers[1]?.();
    await studio.settle();
    const ratios = studio.sent.flatMap((command) => (command.type === "target" ? [command.ratio] : []));
    expect(ratios).toEqual([0.4, 0.3]);
    expect(studio.store.getState().architecture?.ratio).toBe(0.3);
  });

  it("measures only when it rests, and not while training", async () => {
    const studio = await opened();
    studio.store.setState({ run: { phase: "done", step: 9, of: 9 } });
    const { setRatio } = studio.store.getState();
    setRatio(0.4);
    studio.frame();
    await studio.settle();
    studio.pass(REST_MS - 1);
    expect(studio.types()).toEqual(["target"]);
    studio.pass(1);
    await studio.settle();
    expect(studio.types()).toEqual(["target", "perplexity", "record"]);
    studio.store.setState({ run: TRAINING });
    setRatio(0.6);
    studio.frame();
    await studio.settle();
    studio.pass(REST_MS);
    expect(studio.types()).toEqual(["target", "perplexity", "record", "target"]);
  });
});

it("a disk that stays full is one notice, the newest", () => {
  const { store } = bench();
  for (const name of ["QuotaExceededError", "AbortError"])
    store.getState().notify(new EngineError("storage", `failed (${name})`));
  store.getState().notify(new EngineError("limit", "too large"));
  expect(store.getState().notices.map(({ error }) => error.message)).toEqual(["failed (AbortError)", "too large"]);
});
