// Which runs fit in one chart, and what two of them have in common.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, DEFAULT_RECOVER_RECIPE, DEFAULT_WEIGHT_RECIPE, RUN_FORMAT } from "../../engine/index.ts";
import type { RunMasks, RunRecord, RunScores } from "../../engine/index.ts";
import { markOf } from "../../charts/runs/perplexity/methodMarks.ts";
import {
  groupRuns,
  matching,
  overlapOf,
  recipeRows,
  scoreFacts,
  type SizeChoice,
  sizeChoices,
  tradeoffOf,
} from "./runViews.ts";

const TEXT = { name: "sotu-held.txt", sha256: "ab".repeat(32) };

function record(id: string, patch: Partial<RunRecord> = {}): RunRecord {
  return {
    format: RUN_FORMAT,
    id,
    name: `run ${id}`,
    finished: "2026-11-24T10:00:00.000Z",
    adapter: "test",
    model: { name: "tiny", modelType: "llama", fingerprint: "f" },
    made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 9 },
    calibration: TEXT,
    perplexity: { text: TEXT, context: 16, tokens: 64, beginToken: false, dense: 20, pruned: 27 },
    kept: { blockWeights: { kept: 1, of: 2 }, modelWeights: { kept: 3, of: 4 }, bytes: 300 },
    msPerToken: null,
    ...patch,
  };
}
const weights = record("w", { made: { kind: "weights", recipe: DEFAULT_WEIGHT_RECIPE } });

describe("groups", () => {
  it("keep other texts, contexts, tokens and models apart", () => {
    const { perplexity, model } = record("a");
    const runs = [
      record("b", { perplexity: { ...perplexity, context: 32 } }),
      record("c", { model: { ...model, fingerprint: "g" } }),
      record("d", { perplexity: { ...perplexity, text: { ...TEXT, sha256: "cd".repeat(32) } } }),
      record("a"),
      weights,
      record("e", { perplexity: { ...perplexity, tokens: 65 } }),
    ];
    const groups = groupRuns(runs).map((group) => group.runs.map(({ id }) => id));
    expect(groups).toEqual([["a", "w"], ["b"], ["c"], ["d"], ["e"]]);
  });
});

describe("points", () => {
  it("have the chosen size, and leave out what was not measured", () => {
    const timed = record("t", { msPerToken: { dense: 4, pruned: 3 } });
    const runs = [record("a"), timed];
    const at = (size: SizeChoice["size"]) => {
      const { points, dense } = tradeoffOf(runs, { size }, []);
      return [points.map(({ x }) => x), dense?.x];
    };
    expect(at("whole model")).toEqual([[0.75, 0.75], 1]);
    expect(at("block weights")).toEqual([[0.5, 0.5], 1]);
    expect(at("bytes")).toEqual([[300, 300], 400]);
    expect(at("ms per token")).toEqual([[3], 4]);
    expect(tradeoffOf([], { size: "bytes" }, []).dense).toBeNull();
  });

  it("have times of one adapter in one chart", () => {
    const timed = (id: string, adapter: string, pruned: number) =>
      record(id, { adapter, msPerToken: { dense: 2 * pruned, pruned } });
    const runs = [timed("a", "M2", 3), record("b"), timed("c", "H200", 1), timed("d", "M2", 5)];
    const times = sizeChoices(runs).slice(3);
    expect(times.map(({ title }) => title)).toEqual(["ms per token on M2", "ms per token on H200"]);
    expect(times.map((choice) => tradeoffOf(runs, choice, []))).toMatchObject([
      { points: [{ x: 3 }, { x: 5 }], dense: { x: 6 }, axis: { name: "measured time per token on M2" } },
      { points: [{ x: 1 }], dense: { x: 2 }, axis: { name: "measured time per token on H200" } },
    ]);
    expect(sizeChoices(runs.slice(0, 2)).map(({ title }) => title)).toEqual([
      ...["whole model", "block weights", "bytes", "ms per token"],
    ]);
  });

  it("know the perplexity before a recovery, and the scores of a run", () => {
    const recipe = { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 };
    const guard = { before: 28, after: 24, tokens: 4096 };
    const recovery = { recipe, bestStep: 300, guard, prunedBefore: 27, weightsSha256: "0".repeat(64) };
    const text = { name: "held", sha256: "" };
    const scoreOf = (value: number) => [{ acc: { value, standardError: 0.02 }, accNorm: null, accMutualInfo: null }];
    const scores: RunScores = {
      ...{ text, tokens: 64, context: 16, tasks: [{ task: "last-word", source: text, items: 40 }] },
      models: [
        { model: "dense", agreement: null, scores: scoreOf(0.4) },
        { model: "recovered", agreement: { same: 0.5, kl: 1 }, scores: scoreOf(0.25) },
      ],
    };
    const run = record("r", { recovery, scores });
    expect(tradeoffOf([run, record("a")], { size: "block weights" }, []).points.map(({ before }) => before)).toEqual([
      27,
      undefined,
    ]);
    expect(recipeRows(run)).toContainEqual({ label: "recovered", value: "300 steps, from 27.00" });
    expect(scoreFacts(run)).toEqual(["last-word 25.0 % ± 2.0 (dense 40.0 %)"]);
    expect(scoreFacts(record("a"))).toEqual([]);
  });

  it("tell trainings for one ratio from thresholds, moved targets and runs for every ratio", () => {
    const disp = (id: string, patch: object) =>
      record(id, { made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 9, ...patch } });
    const every = { recipe: { ...DEFAULT_RECIPE, ratioMode: "every" } };
    const moved = {
      targets: [
        [0, 0.6],
        [4, 0.5],
      ],
    };
    const runs = [record("a"), disp("b", { point: 0.7 }), disp("c", moved), disp("d", every), weights];
    const { points } = tradeoffOf(runs, { size: "block weights" }, []);
    expect(points.map(({ method, dedicated }) => [method, dedicated])).toEqual([
      ["DISP-LLM", true],
      ["DISP-LLM, threshold", false],
      ["DISP-LLM, moved target", false],
      ["DISP-LLM, every ratio", false],
      ["DaSS", true],
    ]);
    expect(new Set(points.map(({ method }) => markOf(method).path)).size).toBe(5);
    expect(runs.slice(1, 4).map((run) => recipeRows(run).slice(0, 2))).toEqual([
      [
        { label: "target", value: "70 %" },
        { label: "trained at", value: "50 %" },
      ],
      [
        { label: "target", value: "50 %" },
        { label: "trained for", value: "60 % from step 0, 50 % from step 4" },
      ],
      [
        { label: "target", value: "50 %" },
        { label: "trained for", value: "35–95 %" },
      ],
    ]);
  });

  it("show pattern or ratio, and find runs by words", () => {
    expect(recipeRows(weights)[0]).toEqual({ label: "pattern", value: "2:4" });
    expect(recipeRows(record("a"))[0]).toEqual({ label: "target", value: "50 %" });
    expect(matching([record("a"), weights], "DASS tiny")).toEqual([weights]);
  });
});

describe("overlap", () => {
  it("is by vector and block, by matrix for single weights, and null for different kinds", () => {
    const gates = (...masks: string[]): RunMasks => ({ kind: "gates", sizes: masks.map(() => 4), masks });
    const [a, b] = [gates("Aw==", "Dw==", "AA==", "AQ==", "Aw=="), gates("Bg==", "Dw==", "AA==", "Ag==", "Aw==")];
    expect(overlapOf(a, b)?.table).toEqual({
      rows: ["s1", "s2", "s3", "s4", "s5"],
      values: [[1 / 3], [1], [1], [0], [1]],
    });
    const matrix = (mask: string, block: number) => ({
      name: `l.${block}.mlp.up_proj.weight`,
      shape: [2, 2] as const,
      mask,
    });
    const single = (mask: string): RunMasks => ({ kind: "weights", matrices: [matrix(mask, 0), matrix("Dw==", 1)] });
    expect(overlapOf(single("Aw=="), single("Bg=="))?.table).toEqual({ rows: ["up"], values: [[1 / 3, 1]] });
    expect(overlapOf(a, single("Aw=="))).toBeNull();
  });
});
