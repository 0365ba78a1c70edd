// The examples that come with the page, measured anew on this adapter: their perplexities are those that the engine gives.
import { afterAll, beforeAll, expect, test } from "vitest";
import { embeddedFolder } from "../../engine/golden/folders.fixture.ts";
import { Ctx, openModel, type OpenedModel, perplexity, readRuns, type Run } from "../../engine/index.ts";
import { EXAMPLE_RUNS } from "../../shared/exampleRuns.ts";
import { expectNext, withRun, writePair } from "../measure/compareRuns.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

/** As between the browser's measurement of the dense model and its constant. */
const LIMIT = 0.01;

let ctx: Ctx;
let opened: OpenedModel;
let runs: readonly Run[];
let ids: Uint32Array;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await embeddedFolder());
  runs = readRuns(await (await fetch(`/${EXAMPLE_RUNS.path}`)).text(), EXAMPLE_RUNS.path);
  ids = Uint32Array.from(opened.tokenizer.encode(await (await fetch("/text/sotu-held.txt")).text()));
});
afterAll(() => ctx.gpu.destroy());

const watch = { onProgress: () => undefined, cancelled: () => false };
const example = (stem: string): Run => {
  const run = runs.find(({ record }) => record.id === `${EXAMPLE_RUNS.prefix}${stem}`);
  if (!run) throw new Error(`expected the example ${stem}, found none`);
  return run;
};

test.each(["disp-50", "dass-2-4"])("%s has the perplexity of its record", async (stem) => {
  const run = example(stem);
  const { tokens, context, pruned } = run.record.perplexity;
  const use = async (model: OpenedModel["model"]) =>
    (await perplexity(ctx, model, ids.subarray(0, tokens), { context })).value;
  const found = await withRun(ctx, opened, run, { current: undefined, use });
  expect(Math.abs(found - pruned)).toBeLessThan(LIMIT);
});

test("two of them write side by side, and expect at each place what they write greedily", async () => {
  const pair = { first: example("disp-50"), second: null };
  const sampling = { prompt: "The duty of the Congress is", tokens: 6, temperature: 0, seed: 1 };
  const written = await writePair(ctx, opened, { ...pair, ...sampling }, watch);
  expect(written.first).toHaveLength(6);
  expect(written.second).toHaveLength(6);
  for (const [side, at] of [
    ["first", 0],
    ["second", 5],
  ] as const) {
    const before = [...written.prompt, ...written[side].slice(0, at).map(({ id }) => id)];
    const likely = await expectNext(ctx, opened, { ...pair, ids: before }, () => false);
    expect(likely[side][0]).toMatchObject(written[side][at] ?? {});
    expect(likely.second).toEqual(likely.dense);
    const sum = likely.first.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(1 + 1e-6);
  }
  const stopped = { ...watch, cancelled: () => true };
  await expect(writePair(ctx, opened, { ...pair, ...sampling }, stopped)).rejects.toThrow(/stopped/);
});
