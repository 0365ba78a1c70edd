// Single weights and finished runs in the worker, on a golden model: pruned, recorded, restored and compared by token.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  Ctx,
  DEFAULT_WEIGHT_RECIPE,
  isKept,
  type Model,
  openModel,
  type OpenedModel,
  perplexity,
  type PerplexityPair,
  type Run,
  type WeightRecipe,
} from "../../engine/index.ts";
import { recordOf, restoreRun } from "./runRecords.ts";
import { compareLosses } from "../measure/compareLosses.ts";
import { madeGates } from "./madeGates.fixture.ts";
import type { Pruned, PrunedByGates } from "./pruned.ts";
import { PrunedModel } from "./prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";
import { pruneMlp, weightWindow } from "./weightPruning.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const CONTEXT = 64;
const RECIPE: WeightRecipe = { ...DEFAULT_WEIGHT_RECIPE, sequences: 4, tokens: CONTEXT };
const SHA = "0".repeat(64);

let ctx: Ctx;
let opened: OpenedModel;
let text: EncodedText;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
  const ids = Uint32Array.from({ length: 600 }, (_, i) => (i * 7919 + (i >> 3)) % opened.config.vocab);
  text = { name: "made.txt", sha256: SHA, ids };
});
afterAll(() => ctx.gpu.destroy());

const watch = { onProgress: () => undefined, cancelled: () => false };
const prune = (recipe: Partial<WeightRecipe> = {}): ReturnType<typeof pruneMlp> =>
  pruneMlp(ctx, opened, { text, recipe: { ...RECIPE, ...recipe } }, watch);
const valueOf = async (model: Model): Promise<number> =>
  (await perplexity(ctx, model, text.ids.subarray(0, 300), { context: CONTEXT })).value;

function record(pruned: Pruned, value: number): Run {
  const perplexity: PerplexityPair = {
    ...{ text: { name: text.name, sha256: SHA }, context: CONTEXT, tokens: 300, beginToken: false },
    ...{ dense: 2, pruned: value },
  };
  return recordOf(opened, pruned, { adapter: "test", perplexity, msPerToken: null });
}

const gates = (): PrunedByGates => madeGates(opened.config, 0.6, { name: text.name, sha256: SHA });

describe.each(["dass", "wanda", "magnitude"] as const)("%s", (method) => {
  test("is recorded, and restored as the same model", async () => {
    const { pruned, model } = await prune({ method });
    const value = await valueOf(model);
    model.free();
    const run = record(pruned, value);
    expect(run.record.kept.blockWeights.kept).toBeLessThan(run.record.kept.blockWeights.of);
    const again = restoreRun(JSON.parse(JSON.stringify(run)) as Run, opened);
    expect(again.masks).toEqual(pruned.masks);
    expect(again.kind === "weights" && again.facts.kept).toEqual(pruned.facts.kept);
    const models = new PrunedModel();
    expect(await valueOf(await models.of(ctx, opened, again))).toBe(value);
    models.free();
  });

  test("shows windows whose smallest scores of every group were removed", async () => {
    const { pruned, model } = await prune({ method });
    model.free();
    for (const { name, shape, direction } of pruned.facts.matrices) {
      const place = { row: 4, col: 8, rows: Math.min(40, shape[0] - 4), cols: Math.min(40, shape[1] - 8) };
      const { values, scores } = await weightWindow(opened, pruned, { name, ...place });
      const mask = pruned.masks.find((one) => one.matrix.name === name);
      expect(values).toHaveLength(place.rows * place.cols);
      const kept = (i: number): boolean => {
        const [row, col] = [place.row + Math.floor(i / place.cols), place.col + (i % place.cols)];
        return mask !== undefined && isKept(mask, row * shape[1] + col);
      };
      const [step, lines, next] = direction === "inputs" ? [1, place.rows, place.cols] : [place.cols, place.cols, 1];
      for (let line = 0; line < lines; line++) {
        const group = [0, 1, 2, 3].map((k) => line * next + k * step);
        const scoreOf = (i: number): number => scores?.[i] ?? Number.NaN;
        const smallestKept = Math.min(...group.filter(kept).map(scoreOf));
        const largestRemoved = Math.max(...group.filter((i) => !kept(i)).map(scoreOf));
        expect(group.filter(kept)).toHaveLength(2);
        expect(largestRemoved).toBeLessThanOrEqual(smallestKept * (1 + 1e-5));
      }
    }
  });
});

test("SparseGPT shows no scores, and its masks alone are refused", async () => {
  const { pruned, model } = await prune({ method: "sparsegpt" });
  const [first] = pruned.facts.matrices;
  const window = await weightWindow(opened, pruned, { name: first?.name ?? "", row: 0, col: 0, rows: 4, cols: 4 });
  expect(window.scores).toBeNull();
  const run = record(pruned, await valueOf(model));
  model.free();
  expect(() => restoreRun(run, opened)).toThrow(/changes the weights/);
  await expect(new PrunedModel().of(ctx, opened, pruned)).rejects.toThrow(/changes the weights/);
});

test("a window outside the matrix or too large is refused with its numbers", async () => {
  const { pruned, model } = await prune({ method: "magnitude" });
  model.free();
  const { name = "" } = pruned.facts.matrices[0] ?? {};
  const ask = (row: number, rows: number) => weightWindow(opened, pruned, { name, row, col: 0, rows, cols: 4 });
  await expect(ask(170, 8)).rejects.toThrow(/176 x 64.*8 x 4 at row 170/);
  await expect(ask(0, 0)).rejects.toThrow(/0 x 4/);
});

describe("gates", () => {
  test("are restored with their counts, and refused for another model", () => {
    const pruned = gates();
    const run = record(pruned, 3);
    // with the id of the saved run
    const architecture = { ...pruned.architecture, run: run.record.id };
    expect(restoreRun(run, opened)).toEqual({ ...pruned, architecture });
    const other = { ...run, record: { ...run.record, model: { ...run.record.model, fingerprint: "another" } } };
    expect(() => restoreRun(other, opened)).toThrow(/is open\. Open .+ first/);
  });

  test("losses by token have perplexity's mean, and differ from the dense ones", async () => {
    const run = record(gates(), 3);
    const tokens = 300;
    const found = await compareLosses(ctx, opened, {
      ...{ first: run, second: null, text, tokens, context: CONTEXT },
      ...watch,
    });
    expect(found.tokens).toHaveLength(tokens);
    expect([found.first[0], found.first[CONTEXT]]).toEqual([Number.NaN, Number.NaN]);
    const mean = (of: Float32Array): number => {
      const scored = [...of].filter((loss) => !Number.isNaN(loss));
      return scored.reduce((sum, loss) => sum + loss, 0) / scored.length;
    };
    expect(mean(found.second)).toBeCloseTo(Math.log(await valueOf(opened.model)), 5);
    const models = new PrunedModel();
    expect(mean(found.first)).toBeCloseTo(Math.log(await valueOf(await models.of(ctx, opened, gates()))), 5);
    models.free();
    expect(Math.abs(mean(found.first) - mean(found.second))).toBeGreaterThan(0.01);
  });

  test("losses can be cancelled", async () => {
    const request = { first: null, second: null, text, tokens: 300, context: CONTEXT };
    const stopped = { ...watch, cancelled: () => true };
    await expect(compareLosses(ctx, opened, { ...request, ...stopped })).rejects.toThrow(/stopped/);
  });
});
