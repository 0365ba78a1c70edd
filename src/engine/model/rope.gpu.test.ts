// golden/llama under every kind of rope scaling against transformers (golden/rope.json), and tables that grow with their use.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import goldenUrl from "../../../golden/rope.json?url";
import { readConfig } from "../config/config.ts";
import { Ctx } from "../ctx.ts";
import { readJson, type Folder } from "../formats/files/folder.ts";
import { openWeights, type Weights } from "../formats/safetensors/safetensors.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { forward, GOLDEN_LIMITS } from "../golden/model.ts";
import { worstDifference } from "../ops/registry/parity.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { planMemory } from "../train/memoryPlan.ts";
import { Session } from "../train/session.ts";
import { decodedLogits } from "./decoding.fixture.ts";
import { loadModel, type Model } from "./load.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

interface RopeCase {
  name: string;
  rope_scaling: unknown;
  sequences: { tokens: number; loss: number; logits: number[] }[];
  cached: { prompt: number; tokens: number; logits: number[] };
}

interface RopeGolden {
  ids: number[];
  cases: RopeCase[];
}

let ctx: Ctx;
let folder: Folder;
let weights: Weights;
let golden: RopeGolden;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  folder = await goldenFolder("llama");
  weights = await openWeights(folder);
  golden = (await (await fetch(goldenUrl)).json()) as RopeGolden;
});
afterAll(() => ctx.gpu.destroy());

async function modelWith(changes: object): Promise<Model> {
  const json = (await readJson(await folder.open("config.json"))) as object;
  return loadModel(ctx, readConfig({ ...json, ...changes }), weights);
}

/** As in golden.json: "longrope, factor" and others, in the order of golden/reference/make_rope_golden.py. */
const NAMES = [
  ...["default", "linear", "linear by 1", "dynamic", "llama3"],
  ...["yarn", "yarn, attention factor", "yarn, betas", "yarn, mscale", "yarn, not truncated"],
  ...["longrope", "longrope, factor", "longrope, attention factor"],
];

test("every case has a test", () => expect(golden.cases.map(({ name }) => name)).toEqual(NAMES));

describe.each(NAMES)("%s", (name) => {
  test("losses and logits of four lengths, and of cached decoding", async () => {
    const found = golden.cases.find((one) => one.name === name);
    if (!found) throw new Error(`no case ${name}`);
    const model = await modelWith({ rope_scaling: found.rope_scaling });
    for (const { tokens, loss, logits } of found.sequences) {
      const ours = await forward(ctx, model, Uint32Array.from(golden.ids.slice(0, tokens)));
      expect(Math.abs(ours.loss - loss)).toBeLessThan(GOLDEN_LIMITS.loss);
      expect(worstDifference(ours.logits.subarray(-logits.length), logits)).toBeLessThan(GOLDEN_LIMITS.logits);
    }
    const { prompt, tokens, logits } = found.cached;
    const last = await decodedLogits(ctx, model, golden.ids.slice(0, tokens), { prompt });
    expect(worstDifference(last, logits)).toBeLessThan(GOLDEN_LIMITS.logits);
    model.free();
  });
});

describe("tables", () => {
  const rows = (model: Model, end: number): number | undefined => model.weights.ropes[0]?.upTo(end).shape[0];

  test("a context of two million positions takes no more memory than one of 512", async () => {
    const [short, long] = [
      await modelWith({ max_position_embeddings: 512 }),
      await modelWith({ max_position_embeddings: 2 ** 21 }),
    ];
    expect(long.gpuBytes).toBe(short.gpuBytes);
    const ids = Uint32Array.from(golden.ids);
    expect(await forward(ctx, long, ids)).toEqual(await forward(ctx, short, ids));
    const choice = { precision: "f32", trainingTokens: 64, evaluationTokens: 256 } as const;
    const [planned, expected] = [
      await planMemory(ctx.gpu.facts, long.config, choice),
      await planMemory(ctx.gpu.facts, short.config, choice),
    ];
    expect(planned.parts).toEqual(expected.parts);
    expect(planned.parts.weights).toBe(long.gpuBytes);
    long.free();
    short.free();
  });

  test("grow to the longest window that was asked for, and are freed with the model", async () => {
    const before = ctx.buffers.bytesInUse;
    const model = await modelWith({ max_position_embeddings: 4096 });
    expect([1, 512, 513, 3000, 4096, 700].map((end) => rows(model, end))).toEqual([512, 512, 1024, 4096, 4096, 4096]);
    model.free();
    expect(ctx.buffers.bytesInUse).toBe(before);
  });

  test("grow before the first training step, so that no later step allocates", async () => {
    const model = await modelWith({ max_position_embeddings: 1024 });
    const text = Uint32Array.from({ length: 700 }, (_, i) => (i * 37) % model.config.vocab);
    const recipe = { ...DEFAULT_RECIPE, tokens: 600, steps: 4 };
    const session = new Session(ctx, model, { recipe, text, subject: "rope" });
    const run = (steps: number): Promise<void> => session.run({ due: () => false, onReport: () => undefined, steps });
    await run(2);
    const [table, bytes] = [model.weights.ropes[0]?.upTo(600), ctx.buffers.bytesInUse];
    expect(table?.shape[0]).toBe(1024);
    await run(2);
    expect(ctx.buffers.bytesInUse).toBe(bytes);
    expect(model.weights.ropes[0]?.upTo(600)).toBe(table);
    session.free();
    model.free();
    ctx.freeStep();
  });

  test("never exceed the context, unless a window does", async () => {
    const model = await modelWith({ max_position_embeddings: 600 });
    expect([1, 513, 700].map((end) => rows(model, end))).toEqual([512, 600, 700]);
    model.free();
  });
});

test("a window longer than the learned positions is refused, and planned without the excess", async () => {
  const opt = await goldenFolder("opt");
  const config = readConfig(await readJson(await opt.open("config.json")));
  const model = await loadModel(ctx, config, await openWeights(opt));
  await expect(forward(ctx, model, new Uint32Array(config.context + 1))).rejects.toMatchObject({
    code: "limit",
    message: `opt: expected at most ${config.context} tokens, its learned positions, got ${config.context + 1}. Use fewer tokens per step or window.`,
  });
  model.free();
  const plan = (trainingTokens: number) =>
    planMemory(ctx.gpu.facts, config, { precision: "f32", trainingTokens, evaluationTokens: trainingTokens });
  expect(await plan(config.context + 1)).toEqual(await plan(config.context));
});
