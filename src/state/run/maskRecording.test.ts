// A recorded training: masks come back bit by bit, memory stays within its limit, and reports of other runs are never mixed.
import fc from "fast-check";
import { expect, it } from "vitest";
import { architectureAt } from "../client.fixture.ts";
import { MaskRecording } from "./maskRecording.ts";

const at = (step: number, run = "first") => architectureAt(0.5, step, run);
const steps = (recording: MaskRecording): number[] => recording.all.map(({ step }) => step);

it("gives the masks of each report back", () => {
  const mask = fc.uint8Array({ minLength: 1, maxLength: 21, max: 1 });
  fc.assert(
    fc.property(fc.array(mask, { minLength: 5, maxLength: 5 }), (masks) => {
      const recording = new MaskRecording();
      recording.add({ ...at(3), masks });
      expect(recording.all[0]?.masks()).toEqual(masks);
    }),
  );
});

it("keeps every second report at its limit, evenly, and always the first and the newest", () => {
  const recording = new MaskRecording({ bytes: 1e9, reports: 8 });
  for (let step = 0; step < 100; step += 1) {
    recording.add(at(step));
    const kept = steps(recording);
    expect(kept.length).toBeLessThanOrEqual(8);
    expect([kept[0], kept.at(-1)]).toEqual([0, step]);
    const gaps = kept.slice(1, -1).map((value, i) => value - (kept[i] ?? 0));
    expect(new Set(gaps).size).toBeLessThanOrEqual(1);
  }
  // 24 gates are 3 bytes
  const small = new MaskRecording({ bytes: 10, reports: 100 });
  for (let step = 0; step < 50; step += 1) small.add(at(step));
  expect(steps(small).length).toBeLessThanOrEqual(3);
});

it("begins anew with another run, and goes back with a run that is resumed from an earlier step", () => {
  const recording = new MaskRecording();
  for (const step of [1, 5, 9]) recording.add(at(step));
  recording.add(at(5));
  expect(steps(recording)).toEqual([1, 5]);
  recording.add(at(2, "second"));
  expect(steps(recording)).toEqual([2]);
});
