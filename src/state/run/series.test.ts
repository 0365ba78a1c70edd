// Columns of a run: growing, dropping the oldest steps, and steps that are repeated.
import { describe, expect, it } from "vitest";
import type { RunReading } from "../../engine/index.ts";
import { perplexityAt } from "../client.fixture.ts";
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

  const readingAt = (step: number): RunReading => ({ step, ratio: 0.5, ...perplexityAt(30, 64) });

  it("has one reading per step, and drops those of steps that are repeated", () => {
    const series = new RunSeries();
    series.append(steps(0, 10));
    for (const step of [5, 10, 10]) series.addReading(readingAt(step));
    expect(series.readings.map(({ step }) => step)).toEqual([5, 10]);
    series.append(steps(7, 1));
    expect(series.readings.map(({ step }) => step)).toEqual([5]);
    series.append(steps(0, 1));
    expect([series.count, series.readings]).toEqual([1, []]);
  });

  it("drops the steps of another run that ends before the new one continues", () => {
    const series = new RunSeries();
    series.append(steps(0, 10));
    series.append(steps(50, 2));
    expect([series.count, series.step[0]]).toEqual([2, 50]);
  });

  it("shows a saved run or nothing in its place, and its own again as soon as it continues", () => {
    const [saved, series] = [new RunSeries(), new RunSeries()];
    saved.append(steps(0, 3, 0.4));
    saved.addReading(readingAt(3));
    series.append(steps(0, 10));
    series.plan(600);
    const own = series.history();
    series.show(saved.history() ?? null, 30);
    expect(series).toMatchObject({ count: 3, plannedSteps: 30, readings: [{ step: 3 }] });
    expect(series.loss[2]).toBeCloseTo(0.2);
    expect(series.history()).toEqual(own);
    series.show(null);
    expect([series.count, series.readings.length]).toEqual([0, 0]);
    series.addReading(readingAt(10));
    series.showRun();
    expect(series).toMatchObject({ count: 10, plannedSteps: 600, readings: [{ step: 10 }] });
    series.show(null);
    series.append(steps(10, 1));
    expect(series.count).toBe(11);
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
