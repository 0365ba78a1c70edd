// What is shown, in words; and masks that stay although the slider moves.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, type RunRecord } from "../../engine/index.ts";
import { gatesRun } from "../runs/savedRuns.fixture.ts";
import { architectureAt, AT_HALF, bench, type Script } from "../client.fixture.ts";
import type { StudioState } from "../storeState.ts";
import { REST_MS } from "./gatesSlice.ts";
import { ageOf, shownWords } from "./shown.ts";

const RECIPE = { ...DEFAULT_RECIPE, ratio: 0.4 };
const made = { kind: "disp", recipe: RECIPE, steps: 9 } as const;
const state = (patch: Partial<StudioState>): StudioState => ({ ...bench().store.getState(), ...patch });
const at = (patch: object) => state({ architecture: { ...architectureAt(0.4, 9), made: { ...made, ...patch } } });
const restored = (patch: Partial<RunRecord> = {}) => {
  const record = gatesRun("a", { made, name: "DISP 40 %, seed 1", finished: "2026-11-26T12:03:00", ...patch }).record;
  return state({ architecture: architectureAt(0.4, 9), restored: { record, missing: [] } });
};

describe("the badge", () => {
  const now = new Date("2026-11-26T20:00:00");
  const every = { ...RECIPE, ratioMode: "every", seed: 2 } as const;
  it.each([
    ["nothing pruned", state({}), "dense model"],
    ["a run", at({}), "DISP 40 %, seed 1"],
    [
      "a run that trains",
      { ...at({}), run: { phase: "training", step: 9, of: 60 } } as const,
      "DISP 40 %, seed 1, training",
    ],
    ["a point", at({ point: 0.63 }), "DISP, threshold at 63 % of a run trained at 40 %, seed 1"],
    ["every ratio", at({ recipe: every }), "DISP every ratio 35–95 %, at 40 %, seed 2"],
    [
      "a moved target",
      at({
        targets: [
          [0, 0.5],
          [13, 0.4],
        ],
      }),
      "DISP 40 %, seed 1 (target 50 % from step 0, 40 % from step 13)",
    ],
    ["a run restored today", restored(), "DISP 40 %, seed 1, restored from 12:03"],
    [
      "a renamed run restored from another day",
      restored({ name: "best", finished: "2026-11-20T09:30:00" }),
      "“best” (DISP 40 %, seed 1), restored from 2026-11-20 09:30",
    ],
  ])("names %s", (_what, given, words) => {
    expect(shownWords(given, now)).toBe(words);
  });

  it("tells what is of other masks or of an earlier run", () => {
    const now = state({ architecture: architectureAt(0.5, 9) });
    expect(ageOf(AT_HALF, now)).toBe("current");
    expect(ageOf({ ...AT_HALF, ratio: 0.4 }, now)).toBe("other masks");
    expect(ageOf({ ...AT_HALF, run: "before" }, now)).toBe("earlier run");
  });
});

async function trained(script: Script = {}) {
  const studio = bench({
    target: ({ ratio, show }) =>
      show === undefined && studio.store.getState().weights ? null : architectureAt(ratio, 9),
    ...script,
  });
  const { getState } = studio.store;
  await getState().open({ kind: "embedded" });
  await getState().train();
  const rest = async (): Promise<void> => {
    studio.frame();
    await studio.settle();
    studio.pass(REST_MS);
    await studio.settle();
  };
  await rest();
  return { ...studio, now: getState, rest };
}

describe("masks", () => {
  it("of single weights stay when the slider moves, and the run comes back on request only", async () => {
    const { now, rest, sent } = await trained();
    now().chooseMethod("dass");
    await now().pruneWeights();
    const { weights } = now();
    sent.length = 0;
    now().setRatio(0.6);
    await rest();
    expect(sent.map(({ type }) => type)).not.toContain("target");
    expect(now()).toMatchObject({ weights, architecture: null, method: "dass", recipe: { ratio: 0.6 } });
    await now().showRun();
    expect(now()).toMatchObject({ weights: null, architecture: { ratio: 0.6 }, method: "disp" });
  });

  it("of a run replace the perplexity of another run as soon as they come", async () => {
    const { now, emit, settle } = await trained();
    expect(now().pruned).toMatchObject({ phase: "measured", last: { of: AT_HALF } });
    emit({ type: "architecture", architecture: architectureAt(0.5, 3, "second") });
    await settle();
    expect(now()).toMatchObject({ pruned: { phase: "none" }, architecture: { run: "second" } });
  });
});

describe("the curves", () => {
  it("are not those of an earlier run while single weights are shown", async () => {
    const { now, emit, series } = await trained();
    const one = Float32Array.of(1);
    const columns = { loss: one, penalty: one, kept: one, target: one };
    emit({ type: "metrics", metrics: { step: Uint32Array.of(0), ...columns, msPerStep: 1, secondsLeft: 0 } });
    await now().pruneWeights();
    expect(series.count).toBe(0);
    await now().showRun();
    expect(series.count).toBe(1);
  });
});
