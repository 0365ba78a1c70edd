// Plans of published models on an 8 GB, 11 GB or 4.5 GB card, from their configs alone, and which choice is made.
import { expect, test } from "vitest";
import { readConfig } from "../config/config.ts";
import { PUBLIC_MODELS } from "../config/publicModels.fixture.ts";
import type { AdapterFacts } from "../gpu/device.ts";
import type { PlanChoice } from "./memoryPlan.ts";
import { choosePlan, nextPlan, planRefusal, recomputeChoices, slowdownOf } from "./planChoices.ts";

const CARD: AdapterFacts = {
  ...{ name: "a card", software: false, timestamps: false, quads: false, shaderF16: true },
  ...{ maxBufferBytes: 2 ** 32, maxBindingBytes: 2 ** 31, workgroupBytes: 32768, subgroupMin: 32, subgroupMax: 32 },
};

type QuantisedStorage = "q8_0" | "q4_0" | "f16";

/** type: of the matrices; default: halves. */
function planOf(
  name: keyof typeof PUBLIC_MODELS,
  {
    type,
    ...choice
  }: Omit<PlanChoice, "precision" | "evaluationTokens"> &
    Partial<Pick<PlanChoice, "evaluationTokens">> & { type?: QuantisedStorage },
) {
  const config = readConfig(PUBLIC_MODELS[name]);
  return choosePlan(CARD, {
    ...{ name, config, choice: { precision: type ?? "f16", evaluationTokens: 512, ...choice } },
  });
}

test.each<[keyof typeof PUBLIC_MODELS, number, QuantisedStorage, number]>([
  ["llama2", 512, "q4_0", 8],
  ["llama2", 2048, "q4_0", 11],
  ["llama32", 2048, "f16", 4.5],
  ["tinyLlama", 2048, "q4_0", 4],
])("%s with %i tokens per step and weights in %s fits into %d GB", async (name, trainingTokens, type, gigabytes) => {
  const memoryBytes = gigabytes * 1e9;
  const { plan, choices } = await planOf(name, { trainingTokens, memoryBytes, type });
  expect(plan.fits).toBe(true);
  expect(plan.totalBytes).toBeLessThan(memoryBytes);
  // without computing blocks again it would not fit, and what is chosen is the fastest that does
  expect(choices[0]?.recompute.blocks).toBe(0);
  expect(choices.slice(0, choices.indexOf(plan)).every(({ fits }) => !fits)).toBe(true);
  expect(slowdownOf(plan, choices)).toBeLessThan(1.5);
});

test("windows of 4096 tokens take turns with training steps in the memory of the larger of both", async () => {
  const memoryBytes = 11e9;
  const { plan } = await planOf("llama2", { trainingTokens: 512, memoryBytes, type: "q4_0", evaluationTokens: 4096 });
  expect(plan.fits).toBe(true);
  const { training, logits, evaluation } = plan.parts;
  expect(plan.stepBytes).toBe(training + logits + evaluation);
  // keys and values of 512 tokens in f32
  expect(plan.parts.cache).toBe(512 * 2 * 4096 * 32 * 4);
});

test("a block of 32 weights takes 34 or 18 bytes, and an unknown limit is none", async () => {
  const bytesOf = async (type?: QuantisedStorage): Promise<number> => {
    const { plan, choices } = await planOf("llama2", { trainingTokens: 64, ...(type ? { type } : {}) });
    expect(plan).toBe(choices[0]);
    expect(plan).toMatchObject({ fits: true, compact: false, recompute: { blocks: 0 } });
    // a copy would have the values of the file, which could not be compared with quantised ones
    expect(choices.some(({ compact }) => compact)).toBe(!type);
    return plan.parts.weights;
  };
  const [half, eight, four] = [await bytesOf(), await bytesOf("q8_0"), await bytesOf("q4_0")];
  // 6,738,149,376 weights in matrices; norms and the tables of RoPE are stored as f32
  const values = 6_738_149_376;
  expect(half - eight).toBe(values * (2 - 34 / 32));
  expect(half - four).toBe(values * (2 - 18 / 32));
});

test("a pruned copy is made unasked up to 1 GB, and stays a choice beyond", async () => {
  const config = readConfig({ ...PUBLIC_MODELS.tinyLlama, num_hidden_layers: 4 });
  const lengths = { trainingTokens: 64, evaluationTokens: 512 };
  const small = await choosePlan(CARD, { name: "small", config, choice: { precision: "f16", ...lengths } });
  expect(small.plan.compact).toBe(true);
  expect(small.plan.parts.pruned).toBeLessThan(1e9);
  const { plan, choices } = await planOf("llama2", { trainingTokens: 64, memoryBytes: 80e9 });
  expect(plan.compact).toBe(false);
  const copy = choices.find(({ compact }) => compact);
  expect(copy?.parts.pruned).toBeGreaterThan(1e9);
  expect(copy).toMatchObject({ fits: true, stepFlop: plan.stepFlop });
});

test("after an error of memory the next smaller plan is taken, and a limit that nothing fits into is refused with numbers", async () => {
  const { choices } = await planOf("tinyLlama", { trainingTokens: 512 });
  const totals = [choices[0]];
  for (let plan = choices[0]; plan; plan = nextPlan(choices, plan)) totals.push(plan);
  const bytes = totals.slice(1).map((plan) => plan?.totalBytes ?? 0);
  expect(bytes.length).toBeGreaterThan(5);
  expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
  const { name, plan, others } = await planOf("tinyLlama", { trainingTokens: 512, memoryBytes: 1e9 });
  expect(plan.fits).toBe(false);
  expect(planRefusal(name, plan, others).message).toMatch(
    /^tinyLlama needs at least \d\.\d\d GB; the memory of your GPU is given as 1\.00 GB\./,
  );
});

test("blocks are computed again by quarters, and all of them in pairs", () => {
  expect(recomputeChoices({ layers: 6 }).map(({ blocks, group }) => [blocks, group])).toEqual([
    ...[0, 2, 3, 5, 6].map((blocks) => [blocks, 1]),
    [6, 2],
  ]);
  expect(recomputeChoices({ layers: 1 })).toEqual([0, 1].map((blocks) => ({ blocks, group: 1 })));
});
