// Charts over steps: targets, series as paths, and the places on the axis of steps.
import { describe, expect, it } from "vitest";
import { keptParts } from "./keptGeometry.ts";
import { lossParts } from "./lossGeometry.ts";
import { distances, drawsTargets, type RunData, targetChanges } from "./runData.ts";
import { pixelOf } from "../../lib/numbers/span.ts";
import { runGeometry, runPlaces } from "./runGeometry.ts";

const space = { width: 288, pixelRatio: 1, measure: (text: string) => 6 * text.length };

describe("targetChanges", () => {
  it("has each target from the step on at which it was set", () => {
    const data = { step: [4, 5, 6, 7, 8], target: [0.5, 0.5, 0.7, 0.7, 0.5] };
    const changes = [
      { step: 4, ratio: 0.5 },
      { step: 6, ratio: 0.7 },
    ];
    expect(targetChanges(data, 4)).toEqual(changes);
    expect(targetChanges(data, 5)).toEqual([...changes, { step: 8, ratio: 0.5 }]);
  });

  it("has the planned target before the first step, if there is one", () => {
    expect(targetChanges({ step: [], target: [0.5] }, 0)).toEqual([{ step: 0, ratio: 0.5 }]);
    expect(targetChanges({ step: [] }, 0)).toEqual([]);
  });
});

describe("targets that every step draws", () => {
  const step = [1, 2, 3, 4, 5, 6];
  const kept = [0.9, 0.8, 0.5, 0.6, 0.7, 0.4];
  const target = [0.4, 0.8, 0.6, 0.6, 0.7, 0.5];

  it("differ from a target that a person moves now and then", () => {
    expect(drawsTargets({ step, target }, 6)).toBe(true);
    expect(drawsTargets({ step, target }, 12)).toBe(false);
    expect(drawsTargets({ step, target: target.slice(0, 4) }, 4)).toBe(false);
    expect(drawsTargets({ step }, 0)).toBe(false);
  });

  it("leave the distance of each step from its own", () => {
    expect([...distances({ kept, target }, 6)].map((one) => Number(one.toFixed(3)))).toEqual([
      0.5, 0, -0.1, 0, 0, -0.1,
    ]);
    expect([...distances({ kept }, 2)]).toEqual([NaN, NaN]);
  });
});

describe("a run", () => {
  const data: RunData = {
    step: [0, 50, 100],
    loss: [4, 3, 3.5],
    penalty: [2, 1, 0],
    kept: [1, 0.75, 0.5],
    plannedSteps: 200,
    target: [0.5, 0.5, 0.5],
  };
  const parts = lossParts(40);
  const geometry = runGeometry(data, parts, space, null);

  it("has loss and relative R on axes of their own, and dots where the curves are", () => {
    const { view, plot } = geometry;
    expect(plot.relativeLine).toBe(`M42,${view.top}L92,${(view.top + view.bottom) / 2}L142,${view.bottom}`);
    const dots = parts.dots(geometry, 1);
    expect(plot.lossLine).toContain(`L92,${Math.round(10 * (dots[0]?.y ?? 0)) / 10}`);
    expect(geometry.name).toContain("3 points up to step 100: average loss ");
    expect(geometry.stepAxis.ticks.at(-1)).toEqual({ at: 242, text: "200" });
  });

  it("finds the nearest step, and starts at the last one by keyboard", () => {
    const { locate, move, tip } = runPlaces(parts);
    expect([locate(geometry, 89, 0), locate(geometry, 240, 0), locate(geometry, 20, 0)]).toEqual([50, 100, null]);
    expect([move(geometry, null, 0, 0), move(geometry, 100, -1, 0), move(geometry, 50, -Infinity, 0)]).toEqual([
      100, 50, 0,
    ]);
    expect(tip(geometry, 50)?.tip.rows[0]).toEqual({ label: "loss", value: "3.000" });
  });

  it("draws readings on the axis of the loss, the dense model as a line, and counts them", () => {
    const readings = [50, 100].map((step) => ({ step, perplexity: Math.exp(3 + step / 100) }));
    const { plot, view, legend, name } = runGeometry({ ...data, readings, dense: Math.exp(3) }, parts, space, null);
    const y = (nats: number): number => pixelOf(plot.lossY, nats);
    expect(plot.readingDots).toEqual([
      [92, y(3.5)],
      [142, y(4)],
    ]);
    expect(plot.denseLine).toBe(`M${view.left},${y(3)}H${view.right}`);
    expect(name).toContain(" 2 perplexities on the evaluation text, the last 54.60 after step 100; dense 20.09.");
    expect(legend.items.map(({ label }) => label)).toEqual(expect.arrayContaining(["ln perplexity, pruned", "dense"]));
    expect([geometry.plot.readingLine, geometry.plot.denseLine]).toEqual(["", ""]);
    const others = runGeometry({ ...data, otherReadings: 2 }, parts, space, null);
    expect(others.name).toMatch(/ 2 perplexities on other tokens not drawn\.$/);
    expect(others.legend.items.at(-1)?.label).toBe("2 perplexities on other tokens not drawn");
    const outside = runGeometry({ ...data, readings, dense: 2 }, parts, space, null);
    expect(outside.plot.lossY.low).toBeLessThanOrEqual(Math.log(2));
  });

  it("uses the arrays of the plot before again", () => {
    const next = runGeometry(data, parts, space, geometry.plot);
    expect(next.plot.average).toBe(geometry.plot.average);
  });

  it("draws the kept ratio with its target", () => {
    const { plot, view, name } = runGeometry(data, keptParts("of block weights"), space, null);
    const y = (ratio: number): number => view.top + (120 * (1 - ratio)) / 0.6;
    expect(plot.target).toBe(`M42,${y(0.5)}H242`);
    expect(plot.line).toBe(`M42,${view.top}L92,${y(0.75)}L142,${y(0.5)}`);
    expect(name).toBe("Kept share of block weights at step 100: 50.0 %, target 50.0 %.");
  });

  it("without steps says so and shows its plan", () => {
    const empty = { ...data, step: [], count: 0 };
    const { name, plot } = runGeometry(empty, keptParts("of block weights"), space, null);
    expect(name).toBe("No steps yet");
    expect(plot.line).toBe("");
    expect(plot.target).toMatch(/^M42,\d+(\.\d+)?H242$/);
  });
});
