// The curves of a comparison's trainings are those that the studio reads: every step once, and the perplexity at the end.
import { expect, it } from "vitest";
import { type StepMetrics, unpackHistory } from "../../engine/index.ts";
import { addMetrics, savedHistory, noCurves } from "./runCurves.ts";

const measured = {
  text: { name: "held", sha256: "t" },
  context: 16,
  tokens: 64,
  beginToken: false,
  dense: 2,
  pruned: 3,
};

function metricsFrom(first: number, count: number): StepMetrics {
  const column = (scale: number) => Float32Array.from({ length: count }, (_, i) => scale * (first + i));
  const step = Uint32Array.from({ length: count }, (_, i) => first + i);
  return { step, loss: column(1), penalty: column(0.5), kept: column(0.25), target: column(0.125) };
}

it("packs the reports of a training in their order, with its perplexity", () => {
  const curves = noCurves();
  addMetrics(curves, metricsFrom(0, 2));
  addMetrics(curves, metricsFrom(2, 3));
  const history = savedHistory(curves, { ratio: 0.5, steps: 5, measured });
  if (!history) throw new Error("expected a history of five steps, got none");
  expect([...unpackHistory(history).loss]).toEqual([0, 1, 2, 3, 4]);
  expect([...unpackHistory(history).penalty]).toEqual([0, 0.5, 1, 1.5, 2]);
  const { dense, pruned: value, ...of } = measured;
  expect(history.readings).toEqual([{ step: 5, ratio: 0.5, value, ...of }]);
  expect(history.readings[0]?.value).not.toBe(dense);
  expect(savedHistory(noCurves(), { ratio: 0.5, steps: 0, measured })).toBeUndefined();
});
