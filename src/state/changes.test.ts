// What a change of the model, the text or the pruning clears, slice by slice.
import { describe, expect, it } from "vitest";
import { EngineError } from "../engine/index.ts";
import type { PrunedId } from "../worker/protocol.ts";
import { DENSE_ID } from "../worker/prunedId.ts";
import { architectureAt, AT_HALF, bench, perplexityAt } from "./client.fixture.ts";
import { changesOf } from "./changes.ts";
import type { Patch, StudioState } from "./storeState.ts";

describe("a change", () => {
  it("first stops what is pointless in all slices, then clears from the state after that", () => {
    let prompt = "before";
    const { on, follow } = changesOf(() => ({ prompt }) as StudioState);
    on({ model: { clear: (state) => ({ denseText: state.prompt }) } });
    on({ model: { stop: () => (prompt = "stopped"), clear: () => ({ prunedText: "" }) }, text: {} });
    expect(follow("model")).toEqual({ denseText: "stopped", prunedText: "" });
    expect(follow("text")).toEqual({});
  });
});

const readingOf = (of: PrunedId) => ({ phase: "measured", last: { of, result: perplexityAt(27, 2048) } }) as const;
/** A studio in which everything has been done once. */
const EVERYTHING: Patch = {
  architecture: architectureAt(0.5, 9),
  run: { phase: "done", step: 9, of: 9 },
  pace: { msPerStep: 1, secondsLeft: 0 },
  ...{ dense: readingOf(DENSE_ID), pruned: readingOf(AT_HALF) },
  ...{ generation: { phase: "written", of: AT_HALF }, denseText: "a", prunedText: "b" },
  exported: {
    phase: "prepared",
    last: { checks: [], of: AT_HALF, choice: { dtype: null, shardBytes: null, gguf: null } },
  },
  saving: { phase: "saved", form: "onnx", note: "Saved" },
  nestedList: "0.5, 0.6",
  curve: { phase: "stopped", points: [] },
};
const kept = (state: StudioState): string[] =>
  Object.entries(EVERYTHING).flatMap(([key, value]) => (state[key as keyof StudioState] === value ? [key] : []));

/** Measurements last until they are cancelled. */
async function afterEverything() {
  let stop = (): void => undefined;
  const studio = bench({
    perplexity: () => new Promise((_, reject) => (stop = () => reject(new EngineError("cancelled", "stopped")))),
    cancel: () => (stop(), null),
  });
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.store.getState().stopMeasuring();
  await studio.settle();
  studio.store.setState(EVERYTHING);
  return studio;
}

describe("what stays", () => {
  it("after another model: nothing", async () => {
    const { store } = await afterEverything();
    await store.getState().open({ kind: "files", name: "other", files: [] });
    expect(kept(store.getState())).toEqual([]);
  });

  it("after the same model was opened again: everything but the run, which has to be resumed", async () => {
    const { store } = await afterEverything();
    await store.getState().open(store.getState().source);
    expect(kept(store.getState())).toEqual(Object.keys(EVERYTHING).filter((key) => key !== "run"));
  });

  it("after another evaluation text: all but curve and perplexities, which are stale until measured again", async () => {
    const { store } = await afterEverything();
    await store.getState().setTexts({ evaluation: { kind: "bundled", name: "moby-held" } });
    const gone = ["dense", "pruned", "curve"];
    expect(kept(store.getState())).toEqual(Object.keys(EVERYTHING).filter((key) => !gone.includes(key)));
    expect(store.getState().dense).toMatchObject({ phase: "measuring", last: { stale: true } });
  });

  it("after other weights were pruned: all but the architecture and its perplexity", async () => {
    const { store } = await afterEverything();
    await store.getState().pruneWeights();
    const gone = ["architecture", "pruned"];
    expect(kept(store.getState())).toEqual(Object.keys(EVERYTHING).filter((key) => !gone.includes(key)));
  });

  it("after a reset: all but the run, what it pruned, and its curve", async () => {
    const { store, series } = await afterEverything();
    await store.getState().reset();
    const gone = ["architecture", "run", "pace", "pruned", "curve"];
    expect(kept(store.getState())).toEqual(Object.keys(EVERYTHING).filter((key) => !gone.includes(key)));
    expect(series.count).toBe(0);
  });
});
