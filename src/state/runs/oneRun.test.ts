// One training is one run: thresholds that are visited afterwards are points of it, saved on request only.
import { describe, expect, it } from "vitest";
import type { Run, RunRecipe } from "../../engine/index.ts";
import { canKeepPoint } from "../allowed.ts";
import { architectureAt, bench, perplexityAt } from "../client.fixture.ts";
import { REST_MS } from "../run/gatesSlice.ts";
import { isRunFinished } from "./endedRun.ts";
import { gatesRun } from "./savedRuns.fixture.ts";

/** A worker whose run is trained for one half: its architectures and records say so. */
async function trained(targets: readonly (readonly [number, number])[] = [[0, 0.5]]) {
  let shown = 0.5;
  const madeAt = (ratio: number): Extract<RunRecipe, { kind: "disp" }> => {
    const { made } = architectureAt(0.5, 9);
    if (made.kind !== "disp") throw new Error("expected a training");
    return { ...made, targets, ...(ratio === 0.5 ? {} : { point: ratio }) };
  };
  const studio = bench({
    target({ ratio }) {
      shown = ratio;
      return { ...architectureAt(ratio, 9), made: madeAt(ratio) };
    },
    record({ of }): Run {
      const ratio = of === "run" ? 0.5 : shown;
      const { record, masks } = gatesRun(`at ${ratio}`, { made: madeAt(ratio) }, of === "run" ? "AQ==" : "Aw==");
      const perplexity = { ...record.perplexity, text: { name: "held", sha256: "t" } };
      return { record: { ...record, perplexity }, masks };
    },
  });
  const { getState } = studio.store;
  await getState().loadRuns();
  await getState().open({ kind: "embedded" });
  await studio.settle();
  const rest = async (): Promise<void> => {
    studio.frame();
    await studio.settle();
    studio.pass(REST_MS);
    await studio.settle();
  };
  const visit = async (ratio: number): Promise<void> => {
    getState().setRatio(ratio);
    await rest();
  };
  const saved = () => getState().runs?.map(({ id }) => id);
  return { ...studio, state: getState, rest, visit, saved };
}

describe("a training", () => {
  it("is one run, whatever thresholds are visited afterwards", async () => {
    const { state, rest, visit, saved } = await trained();
    await state().train();
    await rest();
    expect(saved()).toEqual(["at 0.5"]);
    for (const ratio of [0.6, 0.7, 0.5, 0.8]) await visit(ratio);
    expect(saved()).toEqual(["at 0.5"]);
  });

  it("is saved at the ratio that it was trained for, also where the slider moved before that was measured", async () => {
    const { state, rest, visit, saved, sent } = await trained();
    await state().train();
    await visit(0.7);
    await rest();
    expect(sent.filter(({ type }) => type === "record")).toEqual([{ type: "record", of: "run", msPerToken: null }]);
    expect(saved()).toEqual(["at 0.5"]);
  });

  it("has its points saved on request, each once, and not by a measurement of speed", async () => {
    const { state, rest, visit, saved } = await trained();
    await state().train();
    await rest();
    expect(canKeepPoint(state())).toBe(false);
    await visit(0.7);
    await state().saveTime({ dense: 2, pruned: 1 });
    expect(saved()).toEqual(["at 0.5"]);
    expect(canKeepPoint(state())).toBe(true);
    await state().keepPoint();
    await state().keepPoint();
    expect(saved()?.toSorted()).toEqual(["at 0.5", "at 0.7"]);
    expect(canKeepPoint(state())).toBe(false);
  });

  it("is not saved before its last masks are measured, so that its curves have that reading", async () => {
    const { state, rest, emit, settle, sent } = await trained();
    const playing = state().train();
    emit({ type: "run", run: { phase: "training", step: 4, of: 9 } });
    emit({ type: "architecture", architecture: architectureAt(0.5, 4) });
    emit({ type: "perplexity", result: perplexityAt(40, 2048), of: { run: "first", ratio: 0.5, step: 4 } });
    emit({ type: "architecture", architecture: architectureAt(0.5, 9) });
    await playing;
    await settle();
    expect(sent.map(({ type }) => type)).not.toContain("record");
    await rest();
    expect(sent.map(({ type }) => type)).toContain("record");
  });

  it("is measured and saved before the next one begins", async () => {
    const { state, settle, sent, saved, store, emit } = await trained();
    const playing = state().train();
    emit({ type: "architecture", architecture: architectureAt(0.5, 9) });
    await playing;
    await settle();
    expect([state().run.phase, saved()]).toEqual(["done", []]);
    sent.length = 0;
    await state().train();
    expect(sent.map(({ type }) => type)).toEqual(["perplexity", "record", "train"]);
    expect(saved()).toEqual(["at 0.5"]);
    expect(store.getState().runsError).toBeNull();
  });

  it("is not saved half-way, where its device was lost after a measurement", async () => {
    const { state, rest } = await trained();
    await state().train();
    await rest();
    const idle = { ...state(), savedRun: null, run: { phase: "idle" as const } };
    const { architecture } = idle;
    if (architecture?.made.kind !== "disp") throw new Error("expected the masks of a training");
    const before = { ...idle, run: { phase: "training" as const, step: 4, of: 9 } };
    const ofSteps = (steps: number) => {
      const made = { ...architecture.made, recipe: { ...idle.recipe, steps } } as typeof architecture.made;
      return { ...idle, architecture: { ...architecture, made } };
    };
    expect(isRunFinished(ofSteps(architecture.step), before)).toBe(true);
    expect(isRunFinished(ofSteps(architecture.step + 1), before)).toBe(false);
  });

  it("is saved with its curves", async () => {
    const { state, rest, series, emit } = await trained();
    const column = (value: number) => Float32Array.of(value, value);
    const [loss, penalty, kept, target] = [column(3), column(0.5), column(0.75), column(0.5)];
    const metrics = { step: Uint32Array.of(0, 1), loss, penalty, kept, target, msPerStep: 1, secondsLeft: 0 };
    const playing = state().train();
    emit({ type: "metrics", metrics });
    await playing;
    await rest();
    expect(series.count).toBe(2);
    const json = JSON.parse((await state().exportRuns(["at 0.5"])) ?? "") as {
      history: object;
      record: { made: object };
    };
    expect(json.history).toMatchObject({ first: 0, every: 1, count: 2, readings: [{ step: 9, keep: 0.5, value: 27 }] });
    expect(json.record.made).toMatchObject({ recipe: { keep: 0.5 }, targets: [[0, 0.5]] });
  });
});
