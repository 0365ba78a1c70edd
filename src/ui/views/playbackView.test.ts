// A replay names its step with the loss of that step, and goes to the nearest report that is left.
import { expect, it } from "vitest";
import { RunSeries } from "../../state/run/series.ts";
import { frameMs, lossOf, nearestReport, stepWords } from "./playbackView.ts";

it("has the loss of the last step that was done, and none where the series has none", () => {
  const series = new RunSeries();
  const one = (value: number) => Float32Array.of(value, value, value);
  const step = Uint32Array.of(4, 5, 6);
  const loss = Float32Array.of(3.5, 3.25, 3);
  series.append({ step, loss, penalty: one(0), kept: one(1), target: one(0.5), msPerStep: 1, secondsLeft: 1 });
  expect([lossOf(series, 6), lossOf(series, 7), lossOf(series, 8), lossOf(series, 1)]).toEqual([3.25, 3, null, null]);
});

it("says the step, and that these are not the current masks", () => {
  expect(stepWords({ step: 1200, steps: 10000 })).toBe("step 1,200 of 10,000, not the current masks");
});

it("finds the nearest report, and takes readable time for each", () => {
  const reports = [{ step: 1 }, { step: 9 }, { step: 20 }];
  expect([0, 6, 9, 400].map((step) => nearestReport(reports, step))).toEqual([0, 1, 1, 2]);
  expect([frameMs(2), frameMs(60), frameMs(400)]).toEqual([400, 200, 50]);
});
