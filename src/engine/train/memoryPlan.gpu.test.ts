// The memory plan against the buffer pool after models are really loaded, trained and measured; and refusals, with the plans that would fit.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelTensors } from "../config/tensors.ts";
import { Ctx, type Recompute } from "../ctx.ts";
import { elementCount } from "../dtype.ts";
import { type EngineError } from "../errors.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { embeddedFolder, goldenFolder } from "../golden/folders.fixture.ts";
import type { Gpu } from "../gpu/device.ts";
import { makeKvCache } from "../model/kvCache.ts";
import { loadModel } from "../model/load.ts";
import { openModel } from "../model/open.ts";
import { budgetOf, keptWeightsOfMasks } from "../masks/budget.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { elementBytes, type Precision } from "../tensor.ts";
import { planMemory, type PlanChoice } from "./memoryPlan.ts";
import { choicesThatFit, followPlan, planRefusal } from "./planChoices.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { Session } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

/** How far a part of the plan may be from the count: uniforms, read-back buffers and index lists are not planned. */
const SHARE = 0.03;
/** Widths are padded to multiples of 4, and index lists are added: a large part of models as small as these. */
const PRUNED_SHARE = 0.06;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openSharedGpu();
});
afterAll(() => gpu.destroy());

const off = (planned: number, counted: number): number => Math.abs(planned - counted) / counted;

describe.each<[string, Precision]>([
  ["llama", "f32"],
  ["opt350", "f32"],
  ["phi", "f16"],
  ["embedded", "f32"],
  ["embedded", "f16"],
])("%s in %s", (name, precision) => {
  test("takes the planned memory", async () => {
    const ctx = new Ctx(gpu);
    const folder = await (name === "embedded" ? embeddedFolder() : goldenFolder(name));
    const opened = await openModel(ctx, folder, { precision });
    const { config, model } = opened;
    const choice = { precision, trainingTokens: 48, evaluationTokens: 64 };
    const plan = await planMemory(gpu.facts, config, choice);
    expect(plan.fits).toBe(true);
    expect(plan.parts.weights).toBe(model.gpuBytes);

    let before = ctx.buffers.bytesInUse;
    const taken = (): number => {
      const bytes = ctx.buffers.bytesInUse - before;
      before = ctx.buffers.bytesInUse;
      return bytes;
    };
    const text = Uint32Array.from({ length: 256 }, (_, i) => (i * 7919) % config.vocab);
    const session = new Session(ctx, model, { recipe: { ...DEFAULT_RECIPE, tokens: 48 }, text, subject: "plan" });
    const state = taken();
    expect(off(plan.parts.hypernet, state)).toBeLessThan(SHARE);
    await session.run({ due: () => false, onReport: () => undefined, steps: 2 });
    expect(off(plan.parts.training + plan.parts.logits, taken())).toBeLessThan(SHARE);
    await perplexity(ctx, model, text.subarray(0, 64), { context: 64 });
    const evaluated = taken();
    expect(Math.abs(plan.parts.evaluation - evaluated)).toBeLessThan(SHARE * plan.parts.training);
    makeKvCache(ctx, config, 64);
    expect(plan.parts.cache).toBe(taken());
    const counted = ctx.buffers.bytesInUse;
    expect(off(plan.totalBytes - plan.parts.pruned, counted)).toBeLessThan(SHARE);

    const masks = gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1, 0, Math.ceil(size * 0.7)));
    const lists = indexLists(masks);
    const cut = await loadModel(ctx, config, cutReader(opened.weights, config.family, lists), { lists, precision });
    const budget = budgetOf(config);
    // The ratio of these masks is not that of the plan
    const more = keptWeightsOfMasks(budget, masks) - DEFAULT_RECIPE.ratio * budget.blockWeights;
    expect(off(plan.parts.pruned + more * elementBytes(precision), cut.gpuBytes)).toBeLessThan(PRUNED_SHARE);
    session.free();
    ctx.buffers.freeAll();
  });
});

/** Groups of blocks that fit, some blocks, and all of them. */
test.each<Recompute>([
  { blocks: 1, group: 1 },
  { blocks: 3, group: 2 },
  { blocks: 3, group: 1 },
])("a step that computes %o again takes the planned memory", async (recompute) => {
  for (const name of ["llama", "gemma", "opt"]) {
    const ctx = new Ctx(gpu);
    const { config, model } = await openModel(ctx, await goldenFolder(name));
    const choice = { precision: "f32", trainingTokens: 64, evaluationTokens: 8 } as const;
    const { parts } = await planMemory(gpu.facts, config, { ...choice, recompute });
    const without = await planMemory(gpu.facts, config, choice);
    expect(parts.training).toBeLessThan(without.parts.training);
    ctx.recompute = recompute;
    const text = Uint32Array.from({ length: 256 }, (_, i) => (i * 7919) % config.vocab);
    const session = new Session(ctx, model, { recipe: { ...DEFAULT_RECIPE, tokens: 64 }, text, subject: "plan" });
    const before = ctx.buffers.bytesInUse;
    await session.run({ due: () => false, onReport: () => undefined, steps: 2 });
    expect(off(parts.training + parts.logits, ctx.buffers.bytesInUse - before)).toBeLessThan(SHARE);
    session.free();
    ctx.buffers.freeAll();
  }
});

test("logits are the part that grows with the vocabulary", async () => {
  const { config, model } = await openModel(new Ctx(gpu), await goldenFolder("llama"));
  const choice: PlanChoice = { precision: "f32", trainingTokens: 64, evaluationTokens: 64 };
  const [small, large] = [config.vocab, 4 * config.vocab].map((vocab) =>
    planMemory(gpu.facts, { ...config, vocab }, choice),
  );
  const [one, four] = [(await small)?.parts, (await large)?.parts];
  if (!one || !four) throw new Error("two plans were made");
  expect(one.training).toBe(four.training);
  expect(one.logits).toBeGreaterThan(0);
  expect(four.logits).toBeGreaterThanOrEqual(one.logits);
  model.free();
});

test("a plan that does not fit is refused with its numbers and with plans that would fit", async () => {
  const { config: embedded, model } = await openModel(new Ctx(gpu), await embeddedFolder());
  model.free();
  // Matrices over the limit are split, activations are not, and those of a wide MLP are the largest buffers
  const config = { ...embedded, layers: 1, dMlp: 32768 };
  const innerBytes = (tokens: number): number => 2 * config.dMlp * tokens * 4;
  const refused = async (trainingTokens: number, limitBytes: number): Promise<EngineError> => {
    const facts = { ...gpu.facts, maxBindingBytes: limitBytes };
    const choice: PlanChoice = { precision: "f32", trainingTokens, evaluationTokens: 64 };
    const plan = await planMemory(facts, config, choice);
    expect(plan.fits).toBe(false);
    const others = await choicesThatFit(facts, config, choice);
    expect(others.every(({ fits, largest }) => fits && largest.bytes <= limitBytes)).toBe(true);
    return planRefusal("a model", plan, others);
  };
  const context = await refused(1024, innerBytes(128));
  expect(context).toMatchObject({ code: "limit", detail: { bytes: innerBytes(1024), limitBytes: innerBytes(128) } });
  expect(context.message).toMatch(
    /^a model needs \d\.\d+ GB in \d+ buffers, of which linear takes 0\.27 GB; this adapter allows 0\.034 GB per buffer\. What would fit: with 128 tokens per step and windows of 8 it takes 0\.\d+ GB, at most 0\.034 GB per buffer; or in half precision with 128 tokens/,
  );
  const nothing = await refused(64, 1e6);
  expect(nothing.message).toMatch(/Neither half precision nor a shorter context makes it fit: choose a smaller model/);
});

test("a plan for a quantised file has its own blocks among the choices, with their bytes", async () => {
  const { config, model } = await openModel(new Ctx(gpu), await embeddedFolder());
  model.free();
  const dtypes = Object.fromEntries(modelTensors(config).map(({ name }) => [name, "Q4_0"]));
  const choice = { precision: "f32", trainingTokens: 8, evaluationTokens: 8, dtypes } as const;
  const plan = await planMemory(gpu.facts, config, choice);
  const others = await choicesThatFit(gpu.facts, config, choice);
  expect(others.map(({ precision }) => precision)).toEqual(["f16", "file"]);
  const [half, file] = others;
  if (!half || !file) throw new Error("two plans were made");
  const matrices = modelTensors(config).filter(({ shape }) => shape.length === 2);
  const values = matrices.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  expect(plan.parts.weights - file.parts.weights).toBe(values * (4 - 18 / 32));
  expect(half.parts.weights - file.parts.weights).toBe(values * (2 - 18 / 32));
  expect(planRefusal("a model", plan, [file]).message).toMatch(
    /What would fit: with weights as the file stores them it takes/,
  );
});

test("with a limit, steps and windows take turns in the planned memory, and compute the same", async () => {
  const losses: number[][] = [];
  for (const memoryBytes of [undefined, 1e9]) {
    const ctx = new Ctx(gpu);
    const { config, model } = await openModel(ctx, await goldenFolder("llama"));
    const choice = { precision: "f32", trainingTokens: 24, evaluationTokens: 64 } as const;
    const plan = await planMemory(gpu.facts, config, { ...choice, ...(memoryBytes ? { memoryBytes } : {}) });
    expect(Number.isFinite(plan.stepBytes)).toBe(memoryBytes !== undefined);
    followPlan(ctx, plan);
    const text = Uint32Array.from({ length: 256 }, (_, i) => (i * 7919) % config.vocab);
    const recipe = { ...DEFAULT_RECIPE, tokens: 24 };
    const session = new Session(ctx, model, { recipe, text, subject: "plan" });
    const fixed = ctx.buffers.bytesInUse;
    const found: number[] = [];
    for (let i = 0; i < 3; i++) {
      await session.run({
        due: () => true,
        onReport: ({ metrics }) => found.push(...metrics.loss),
        steps: 1,
      });
      found.push((await perplexity(ctx, model, text.subarray(0, 64), { context: 64 })).value);
    }
    if (memoryBytes) expect(ctx.buffers.bytesInUse - fixed).toBeLessThan((1 + SHARE) * plan.stepBytes);
    losses.push(found);
    session.free();
    ctx.buffers.freeAll();
  }
  expect(losses[1]).toEqual(losses[0]);
});

test("matrices over the limit are planned in parts, as they are when loaded", async () => {
  const { config, model } = await openModel(new Ctx(gpu), await goldenFolder("llama"));
  model.free();
  const choice: PlanChoice = { precision: "f16", trainingTokens: 8, evaluationTokens: 8 };
  const whole = await planMemory(gpu.facts, config, choice);
  const parts = await planMemory({ ...gpu.facts, maxBindingBytes: 16_384 }, config, choice);
  expect(parts.parts.weights).toBeGreaterThanOrEqual(whole.parts.weights);
  expect(parts.buffers).toBeGreaterThan(whole.buffers);
});

test("arithmetic is counted also where the vocabulary is no multiple of 4", async () => {
  const { config, model } = await openModel(new Ctx(gpu), await goldenFolder("llama"));
  const choice = { precision: "f32", trainingTokens: 48, evaluationTokens: 64 } as const;
  const at = async (vocab: number): Promise<number> =>
    (await planMemory(gpu.facts, { ...config, vocab }, choice)).stepFlop;
  const [even, odd, more] = [await at(4096), await at(4097), await at(4100)];
  expect(odd).toBeGreaterThan(even);
  expect(odd).toBeLessThan(more);
  model.free();
});
