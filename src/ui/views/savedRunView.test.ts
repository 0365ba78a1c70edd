// What a saved run shows without its model: a run that the Python package wrote, and single weights.
import { expect, it } from "vitest";
import { readRuns } from "../../engine/index.ts";
import { weightsRun } from "../../state/runs/savedRuns.fixture.ts";
import { savedRunData } from "./savedRunView.ts";
import fixture from "../../../python/tests/fixtures/run.json?raw";

function pythonRun() {
  const [run] = readRuns(fixture, "run.json");
  if (!run?.history) throw new Error("expected a run with curves");
  return { ...run, history: run.history };
}

it("has the map, the widths and the curves of a run of the Python package", () => {
  const { gates, shares, curves } = savedRunData(pythonRun());
  expect(shares).toBeNull();
  expect(gates?.map).toMatchObject({ layers: 3, dModel: 64 });
  expect(gates?.widths.size).toEqual(Array.from({ length: 3 }, () => [64, 64, 64, 176, 64]));
  const kept = gates?.widths.kept ?? [];
  expect(kept[0]?.[1]).toBe(1);
  expect(kept.flat()).toEqual(gates?.map.masks.map((mask) => mask.reduce((sum, gate) => sum + gate, 0)));
  expect(curves).toMatchObject({ plannedSteps: 3, count: 3, dense: 20.5, otherReadings: 0 });
  expect([...(curves?.loss as Float32Array)]).toEqual([3.5, 3.25, 3]);
  expect(curves?.readings).toEqual([{ step: 3, perplexity: 270.25 }]);
});

it("leaves out readings on another text, and curves and maps that are not there", () => {
  const run = pythonRun();
  const [reading] = run.history.readings;
  if (!reading) throw new Error("expected a reading");
  const moved = { ...run.history, readings: [{ ...reading, context: 8 }] };
  expect(savedRunData({ ...run, history: moved }).curves).toMatchObject({ readings: [], otherReadings: 1 });
  const { record, masks } = run;
  expect(savedRunData({ record, masks }).curves).toBeNull();
  expect(savedRunData({ record, masks: { kind: "gates", sizes: [4], masks: ["AQ=="] } }).gates).toBeNull();
});

it("has the kept share of each matrix of single weights", () => {
  const { gates, shares } = savedRunData(weightsRun("w"));
  expect(gates).toBeNull();
  expect(shares).toEqual({ parts: ["up"], bars: { kept: [[4]], size: [[8]] } });
});
