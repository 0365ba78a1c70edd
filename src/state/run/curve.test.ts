// The curve of a run: measured in the background after everything else; it waits for the slider, stops, and is cleared with its run.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, EngineError, lowestRatio } from "../../engine/index.ts";
import type { CurvePoint } from "../../worker/protocol.ts";
import { CURVE_RATIOS } from "./curveSlice.ts";
import { REST_MS } from "./gatesSlice.ts";
import { architectureAt, bench, FACTS, perplexityAt } from "../client.fixture.ts";
import type { Bench, Script } from "../client.fixture.ts";

const trainedFor = { from: 0.35, to: 0.95 };
const everyAt = (ratio: number) => ({ ...architectureAt(ratio, 9), trainedFor });

async function opened(script: Script = {}): Promise<Bench> {
  const studio = bench({ target: ({ ratio }) => everyAt(ratio), ...script });
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  studio.sent.length = 0;
  return studio;
}

/** Lets a run end, and all that follows from it. */
async function trained(studio: Bench): Promise<void> {
  studio.store.getState().setRecipe({ ratioMode: "every" });
  await studio.store.getState().train();
  studio.frame();
  await studio.settle();
  studio.pass(REST_MS);
  await studio.settle();
}

const requested = ({ sent }: Bench): number[] => sent.flatMap((one) => (one.type === "curve" ? [one.ratio] : []));

/** A script whose points arrive when the test releases them. */
function slow(): { script: Script; answer(): void; fail(error: EngineError): void } {
  let answer = (): void => undefined;
  let fail: (error: EngineError) => void = () => undefined;
  const curve: Script["curve"] = ({ ratio, tokens }) =>
    new Promise<CurvePoint>((resolve, reject) => {
      answer = () => resolve({ architecture: everyAt(ratio), result: perplexityAt(30, tokens), fingerprint: "f" });
      fail = reject;
    });
  return { script: { curve }, answer: () => answer(), fail: (error) => fail(error) };
}

const cancelled = new EngineError("cancelled", "The measurement was stopped.");

describe("curve", () => {
  it("fills in after a run for every ratio, over its bounds, in steps of the slider", async () => {
    const studio = await opened();
    await trained(studio);
    expect(requested(studio)).toEqual([0.35, 0.42, 0.48, 0.55, 0.62, 0.68, 0.75, 0.82, 0.88, 0.95]);
    const { curve, progress } = studio.store.getState();
    expect(curve).toMatchObject({ phase: "measured", nested: { broken: 0, of: 9 * 24 } });
    expect(progress.curve).toBeUndefined();
  });

  it("is measured only on request after a run for one ratio", async () => {
    const studio = await opened({ target: ({ ratio }) => architectureAt(ratio, 9) });
    await trained(studio);
    expect(requested(studio)).toEqual([]);
    studio.store.getState().setRecipe({ ratioFrom: 0.5, ratioTo: 0.52 });
    await studio.store.getState().measureCurve();
    expect(requested(studio)).toEqual([0.5, 0.51, 0.52]);
    expect(studio.store.getState().curve).toMatchObject({ phase: "measured" });
  });

  it("asks for no ratio that the gates of its run cannot reach", async () => {
    const made = { kind: "disp", recipe: { ...DEFAULT_RECIPE, gates: "mlp" }, steps: 9 } as const;
    const studio = await opened({ target: ({ ratio }) => ({ ...architectureAt(ratio, 9), made }) });
    await trained(studio);
    const lowest = lowestRatio(FACTS, made.recipe);
    studio.store.getState().setRecipe({ ratioFrom: 0.05, ratioTo: 0.95 });
    await studio.store.getState().measureCurve();
    expect(lowest).toBeGreaterThan(0.35);
    expect(Math.min(...requested(studio))).toBeGreaterThanOrEqual(lowest);
    expect(Math.max(...requested(studio))).toBe(0.95);
    expect(studio.store.getState().curve).toMatchObject({ phase: "measured" });
  });

  it("lets what the user requests go first, one ratio at a time", async () => {
    const points = slow();
    const studio = await opened(points.script);
    await trained(studio);
    expect(studio.store.getState().progress.curve).toMatchObject({ done: 0, total: CURVE_RATIOS, unit: "ratios" });
    const writing = studio.store.getState().generate();
    await studio.settle();
    expect(studio.types()).not.toContain("generate");
    points.answer();
    await studio.settle();
    await writing;
    expect(studio.types().slice(-2)).toEqual(["generate", "curve"]);
    expect(studio.store.getState().progress.curve).toMatchObject({ done: 1 });
  });

  it("waits while the slider moves, and measures the same ratio once it rests", async () => {
    const points = slow();
    const studio = await opened(points.script);
    await trained(studio);
    studio.store.getState().setRatio(0.6);
    studio.frame();
    expect(studio.sent.at(-2)).toEqual({ type: "cancel", task: "curve" });
    points.fail(cancelled);
    await studio.settle();
    expect(requested(studio)).toEqual([0.35]);
    studio.pass(REST_MS);
    await studio.settle();
    expect(
      studio
        .types()
        .filter((type) => type !== "record")
        .slice(-2),
    ).toEqual(["perplexity", "curve"]);
    expect(requested(studio)).toEqual([0.35, 0.35]);
    expect(studio.store.getState().curve.phase).toBe("measuring");
  });

  it("stops with the points so far, and begins again on request", async () => {
    const points = slow();
    const studio = await opened(points.script);
    await trained(studio);
    points.answer();
    await studio.settle();
    studio.store.getState().stopCurve();
    points.fail(cancelled);
    await studio.settle();
    expect(studio.store.getState().curve).toMatchObject({ phase: "stopped", points: [{ result: { value: 30 } }] });
    expect(studio.store.getState().progress.curve).toBeUndefined();
    studio.store.getState().setRatio(0.7);
    studio.frame();
    await studio.settle();
    studio.pass(REST_MS);
    await studio.settle();
    expect(requested(studio)).toHaveLength(2);
    void studio.store.getState().measureCurve();
    await studio.settle();
    expect(requested(studio)).toHaveLength(3);
  });

  it("shows why it failed, and is cleared with its run", async () => {
    const points = slow();
    const studio = await opened(points.script);
    await trained(studio);
    points.fail(new EngineError("limit", "too large"));
    await studio.settle();
    expect(studio.store.getState().curve).toMatchObject({ phase: "failed", error: { message: "too large" } });
    await studio.store.getState().reset();
    expect(studio.store.getState().curve).toEqual({ phase: "none" });
    expect(studio.store.getState().recipe).toMatchObject({ ratio: DEFAULT_RECIPE.ratio });
  });
});
