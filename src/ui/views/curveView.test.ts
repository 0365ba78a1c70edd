// The curve's chart data: the run's points, the dense model on the same text, and only runs that were measured in the same way.
import { expect, it } from "vitest";
import { DEFAULT_RECIPE, RUN_FORMAT } from "../../engine/index.ts";
import type { RunRecord } from "../../engine/index.ts";
import { architectureAt, perplexityAt } from "../../state/client.fixture.ts";
import type { CurvePoint } from "../../worker/protocol.ts";
import { ratioCurveOf } from "./curveView.ts";

const TEXT = { name: "held", sha256: "t" };

function run(id: string, patch: Partial<RunRecord> = {}): RunRecord {
  return {
    ...{ format: RUN_FORMAT, id, name: `run ${id}`, finished: "2026-11-24T10:00:00.000Z", adapter: "test" },
    model: { name: "tiny", modelType: "llama", fingerprint: "f" },
    made: { kind: "disp", recipe: { ...DEFAULT_RECIPE, ratio: 0.6 }, steps: 9 },
    calibration: TEXT,
    perplexity: { text: TEXT, context: 16, tokens: 64, beginToken: false, dense: 20, pruned: 27 },
    kept: { blockWeights: { kept: 3, of: 5 }, modelWeights: { kept: 3, of: 4 }, bytes: 300 },
    msPerToken: null,
    ...patch,
  };
}

const result = perplexityAt(30, 64);
const trainedFor = { from: 0.35, to: 0.95 };
const points: CurvePoint[] = [0.4, 0.8].map((ratio) => ({
  architecture: { ...architectureAt(ratio, 9), trainedFor },
  result: { ...result, value: 12 / ratio },
  fingerprint: "f",
}));
const dense = { of: { run: "dense", ratio: 1, step: 0 }, result: { ...result, value: 20 } };
const viewed = { points, runs: [], dense, ratio: 0.5, blocks: 144 };

it("places points at the share that was kept, and adds the dense model", () => {
  const data = ratioCurveOf(viewed);
  expect(data).toMatchObject({ name: "this run, every ratio", dense: { x: 1, y: 20 }, ratio: 0.5 });
  expect(data.points.map(({ ratio, y }) => [ratio, y])).toEqual([
    [0.4, 30],
    [0.8, 15],
  ]);
  expect(data.points[0]?.x).toBeCloseTo(0.4);
  const other = { ...dense, result: { ...dense.result, tokens: 32 } };
  expect(ratioCurveOf({ ...viewed, dense: other }).dense).toBeNull();
});

it("names the curve of a run for one ratio by what it is", () => {
  const one = points.map((point) => ({ ...point, architecture: architectureAt(point.architecture.ratio, 9) }));
  expect(ratioCurveOf({ ...viewed, points: one }).name).toBe("this run, re-thresholded");
});

it("adds runs for one ratio, of the same model, text, context and tokens only", () => {
  const { perplexity, model } = run("a");
  const every = { ...DEFAULT_RECIPE, ratioMode: "every" } as const;
  const runs = [
    run("a"),
    run("b", { model: { ...model, fingerprint: "other" } }),
    run("c", { perplexity: { ...perplexity, text: { name: "held", sha256: "other" } } }),
    run("d", { perplexity: { ...perplexity, tokens: 32 } }),
    run("e", { perplexity: { ...perplexity, context: 8 } }),
    run("f", { made: { kind: "disp", recipe: every, steps: 9 } }),
    run("h", { made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 9, targets: [[0, 0.5]], point: 0.6 } }),
    run("i", {
      made: {
        kind: "disp",
        recipe: DEFAULT_RECIPE,
        steps: 9,
        targets: [
          [0, 0.6],
          [4, 0.5],
        ],
      },
    }),
    run("g", { made: { kind: "baseline", method: "random", ratio: 0.6, seed: 1 } }),
  ];
  expect(ratioCurveOf({ ...viewed, runs }).runs).toEqual([{ ratio: 0.6, x: 0.6, y: 27, label: "run a" }]);
  expect(ratioCurveOf({ ...viewed, points: [], runs }).runs).toEqual([]);
});
