// Gate logits on the page: read once per masks, shown with these alone, and the probability that METHOD.md gives.
import { expect, it } from "vitest";
import { architectureAt, bench, FACTS } from "../../state/client.fixture.ts";
import { shownLogits } from "../../state/run/gatesSlice.ts";
import { gateSource } from "./chartSources.ts";
import { keepProbability, logitsView } from "./logitsView.ts";
import { mapLook } from "./mapLook.ts";

const VECTORS = [4, 4, 4, 8, 4].map((size) => new Float32Array(size).fill(-3));

it("reads the gate logits of the current masks, and drops them with those", async () => {
  const { store, types } = bench({
    gateLogits: () => ({ of: { run: "first", ratio: 0.5, step: 9 }, vectors: VECTORS }),
  });
  store.setState({ architecture: architectureAt(0.5, 9) });
  expect(logitsView(store.getState())).toEqual({ noLogits: "being read" });
  await store.getState().readGateLogits();
  await store.getState().readGateLogits();
  expect(types().filter((type) => type === "gateLogits")).toHaveLength(1);
  expect(shownLogits(store.getState())).toBe(VECTORS);
  expect(logitsView(store.getState()).keepProbability?.(-3)).toBe(0.5);
  store.setState({ architecture: architectureAt(0.5, 10) });
  expect(shownLogits(store.getState())).toBeNull();
  expect(logitsView(store.getState()).earlier).toEqual({ logits: VECTORS, step: 9 });
  // another target cuts the same gate logits, unless the run was trained for every ratio
  store.setState({ architecture: architectureAt(0.3, 9) });
  expect(shownLogits(store.getState())).toBe(VECTORS);
  store.setState({ architecture: { ...architectureAt(0.3, 9), trainedFor: { from: 0.3, to: 0.9 } } });
  expect(shownLogits(store.getState())).toBeNull();
});

it("has the probability of each estimator's noise", () => {
  expect([0, -3, 3].map((logit) => keepProbability(logit, "reinmax"))).toEqual([
    1 / (1 + Math.exp(-3)),
    0.5,
    1 / (1 + Math.exp(-6)),
  ]);
  // x + 3 - ln(-ln u) > 0 where u > exp(-exp(x + 3))
  expect(keepProbability(-3.5, "gumbel")).toBeCloseTo(1 - Math.exp(-Math.exp(-0.5)), 12);
});

it("shows the rows of s4, always by their numbers, and a report that is replayed with what it is", () => {
  const studio = bench();
  const look = mapLook();
  const source = gateSource(studio, look);
  studio.store.setState({ architecture: architectureAt(0.5, 9), model: { phase: "open", facts: FACTS } });
  look.setState({ side: "middle", order: "kept" });
  expect(source.read()).toMatchObject({ side: "middle", order: "index", dModel: 8 });
  const masks = [new Uint8Array(4)];
  look.setState({ side: "embedding", past: { masks: () => masks, words: "step 1 of 9, not the current masks" } });
  expect(source.read()).toMatchObject({ masks, order: "kept", past: "step 1 of 9, not the current masks" });
});
