// Columns of a run: growing, dropping the oldest steps, and steps that are repeated.
import { describe, expect, it } from "vitest";
import type { Metrics } from "../../worker/protocol.ts";
import { RunSeries } from "./series.ts";

function steps(from: number, count: number, target = 0.5): Metrics {
  const column = (f: (step: number) => number) => Float32Array.from({ length: count }, (_, i) => f(from + i));
  return {
    step: Uint32Array.from({ length: count }, (_, i) => from + i),
    loss: column((step) => step / 10),
    penalty: column(() => 0.25),
    kept: column(() => 0.75),
    target: column(() => target),
    msPerStep: 10,
    secondsLeft: 1,
  };
}

describe("RunSeries", () => {
  it("grows and keeps columns in step", () => {
    const series = new RunSeries();
    for (let at = 0; at < 3000; at += 30) series.append(steps(at, 30));
    expect(series.count).toBe(3000);
    expect(series.step[2999]).toBe(2999);
    expect(series.loss[2999]).toBeCloseTo(299.9, 3);
  });

  it("replaces steps that are repeated after a resume", () => {
    const series = new RunSeries();
    series.append(steps(0, 10));
    series.append(steps(6, 2, 0.4));
    expect(Array.from(series.step.subarray(0, series.count))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(series.target[5]).toBeCloseTo(0.5, 6);
    expect(Array.from(series.target.subarray(6, 8), (target) => target.toFixed(1))).toEqual(["0.4", "0.4"]);
  });

  it("keeps the last steps when it is full", () => {
    const series = new RunSeries(600);
    for (let at = 0; at < 5000; at += 50) series.append(steps(at, 50));
    expect(series.count).toBeGreaterThanOrEqual(600);
    expect(series.count).toBeLessThanOrEqual(1200);
    expect(series.step[series.count - 1]).toBe(4999);
    expect(series.step[0]).toBe(5000 - series.count);
  });

  it("notifies subscribers of appends, plans and clears, until they unsubscribe", () => {
    const series = new RunSeries();
    let calls = 0;
    const leave = series.subscribe(() => (calls += 1));
    series.append(steps(0, 1));
    series.plan(600);
    series.plan(600);
    series.clear();
    leave();
    series.append(steps(0, 1));
    expect(calls).toBe(3);
  });
});
