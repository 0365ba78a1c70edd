// A model whose matrices stay in the blocks of its GGUF file, compared with the same model after its weights were dequantised.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import type { BlockDtype } from "../dtype.ts";
import { denseAgreement } from "../evaluate/agreement.ts";
import { generate } from "../evaluate/generate.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { memorySource } from "../formats/files/memoryFolder.ts";
import { dequantized } from "../formats/gguf/dequantize.ts";
import { ggufFolder } from "../formats/gguf/ggufFolder.ts";
import { ggufOfFolder } from "../formats/gguf/models.fixture.ts";
import { quantize } from "../formats/gguf/write/quantize.ts";
import { embeddedFolder, goldenFolder } from "../golden/folders.fixture.ts";
import { Gpu } from "../gpu/device.ts";
import { randomBlocks } from "../ops/kit/ref.ts";
import { worstDifference } from "../ops/registry/parity.ts";
import { bytesOfShape, type DType, type Tensor } from "../tensor.ts";
import { compactModel } from "../prune/gates/modelOfMasks.ts";
import { pruneWeights } from "../prune/weights/pruneWeights.ts";
import { readMatrix } from "../prune/weights/blockPruner.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { gateLayout } from "../masks/gates.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { planMemory } from "../train/memoryPlan.ts";
import { DEFAULT_RECOVER_RECIPE } from "../recipes/recoverRecipe.ts";
import { makeStudent } from "../recover/student.ts";
import { metricRows } from "../train/metricRows.fixture.ts";
import { Session } from "../train/session.ts";
import { decoderForward } from "./decoder.ts";
import type { Model } from "./load.ts";
import { fileDtypes } from "./matrixStorage.ts";
import { openModel, type OpenedModel } from "./open.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

/** For f32 sums in the same order; types with a minimum may round a product and a sum at once. */
const LIMIT = 1e-5;

let ctx: Ctx;
let full: OpenedModel;
let stored: OpenedModel;

/** Every type; q, k and v of different types, and down of K-quants, whose blocks are 256 wide. */
const TYPES: Record<string, readonly [BlockDtype, ...BlockDtype[]]> = {
  token_embd: ["Q8_0"],
  attn_q: ["Q8_0"],
  attn_k: ["Q4_0"],
  attn_v: ["Q5_1"],
  attn_output: ["Q4_1"],
  ffn_gate: ["Q5_0"],
  ffn_up: ["Q5_0"],
  ffn_down: ["Q4_K", "Q5_K", "Q6_K"],
};

const SEED = 7;

function typeOf(name: string): BlockDtype | undefined {
  const [, block = 0, part = ""] = /^(?:blk\.(\d+)\.)?(\w+)\.weight$/.exec(name) ?? [];
  const types = TYPES[part];
  return types?.[Number(block) % types.length];
}

/** The embedded model as GGUF: its own values where there is a quantiser, else random ones of about their size. */
async function quantisedFile(): Promise<Uint8Array<ArrayBuffer>> {
  return ggufOfFolder(await embeddedFolder(), {
    quantised: (name, shape, values) => {
      const type = typeOf(name);
      if (type === undefined) return undefined;
      const own = type === "Q8_0" || type === "Q4_0";
      return { type, bytes: own ? quantize(type, values, name) : randomBlocks(SEED, shape, type, 0.1).stored };
    },
  });
}

beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  const folder = await ggufFolder(memorySource("m.gguf", await quantisedFile()));
  full = await openModel(ctx, folder);
  stored = await openModel(ctx, folder, { precision: "file" });
});
afterAll(() => ctx.gpu.destroy());

const ids = Uint32Array.from({ length: 40 }, (_, i) => (i * 37) % 2048);

async function logitsOf({ model }: Pick<OpenedModel, "model">): Promise<Float32Array> {
  const own = ids.map((id) => id % model.config.vocab);
  return ctx.read(
    ctx.step(() => decoderForward(ctx, model, ctx.upload(own, [own.length], "ids"), { selection: model.selection })),
  );
}

const matricesOf = ({ weights: { blocks, embedding } }: Model): Tensor[] => [
  ...embedding,
  ...blocks.flatMap(({ qkv, o, up, down }) => [qkv, o, up, down].flatMap(({ weight }) => weight)),
];

test("matrices take the bytes of the file, and the plan counts them", async () => {
  const matrices = matricesOf(stored.model);
  const found = new Set(matrices.map(({ dtype }) => dtype));
  expect(found).toEqual(new Set(Object.values(TYPES).flat()));
  expect([stored.model.precision, stored.storage, full.storage]).toEqual(["f32", "file", "f32"]);
  expect(stored.model.weights.blocks[0]?.qkv.weight.map(({ dtype }) => dtype)).toEqual(["Q8_0", "Q4_0", "Q5_1"]);
  const saved = matrices.reduce(
    (sum, { shape, dtype }) => sum + bytesOfShape(shape, "f32") - bytesOfShape(shape, dtype),
    0,
  );
  expect(full.model.gpuBytes - stored.model.gpuBytes).toBe(saved);
  const { config, weights } = stored;
  const lengths = { trainingTokens: 32, evaluationTokens: 64 };
  const plan = await planMemory(ctx.gpu.facts, config, {
    precision: "file",
    ...lengths,
    dtypes: fileDtypes(config, weights),
  });
  expect(plan.parts.weights).toBe(stored.model.gpuBytes);
  const ofFull = await planMemory(ctx.gpu.facts, config, { precision: "f32", ...lengths });
  expect(plan.parts.pruned).toBe(ofFull.parts.pruned);
});

test("logits, perplexity and greedy text are those of the dequantised weights", async () => {
  const [found, expected] = [await logitsOf(stored), await logitsOf(full)];
  expect(worstDifference(found, expected)).toBeLessThan(LIMIT);
  const values: number[] = [];
  for (const { model } of [stored, full]) values.push((await perplexity(ctx, model, ids, { context: 20 })).value);
  expect(Math.abs(values[0]! / values[1]! - 1)).toBeLessThan(LIMIT);
  const texts: number[][] = [];
  for (const { model } of [stored, full]) {
    const tokens: number[] = [];
    for await (const token of generate(ctx, model, [...ids.slice(0, 9)], { tokens: 12, temperature: 0, seed: 1 }))
      tokens.push(token);
    texts.push(tokens);
  }
  expect(texts[0]).toEqual(texts[1]);
});

test("training takes the same steps", async () => {
  const losses: number[][] = [];
  const recipe = { ...DEFAULT_RECIPE, steps: 4, tokens: 32, learningRate: 0.01 };
  for (const { model } of [stored, full]) {
    const session = new Session(ctx, model, { recipe, text: ids, subject: "blocks" });
    const rows: number[] = [];
    await session.run({
      due: () => true,
      onReport: ({ metrics }) => rows.push(...metricRows(metrics).map(({ loss }) => loss)),
    });
    losses.push([...rows, ...(await session.logits())]);
    session.free();
  }
  expect(worstDifference(losses[0]!, losses[1]!)).toBeLessThan(LIMIT);
});

test("single weights are pruned in a dequantised copy", async () => {
  const matrix = mlpMatrices(stored.config).find(({ part, block }) => part === "down" && block === 2)!;
  const pruned = [];
  for (const { model } of [stored, full])
    pruned.push(await pruneWeights(ctx, model, { recipe: { method: "wanda", pattern: "50%" }, sequences: [ids] }));
  const values = [];
  for (const { model } of pruned) values.push(await readMatrix(ctx, model.weights.blocks[2]!, matrix));
  expect(values[0]).toEqual(values[1]);
  const kept = values[0]!.filter((value) => value !== 0).length / values[0]!.length;
  expect(kept).toBeGreaterThan(0.4);
  expect(kept).toBeLessThan(0.55);
  for (const { model } of pruned) model.free();
});

test("a recovery trains dequantised copies, also of q, k and v in different types", async () => {
  const found: Float32Array[] = [];
  for (const { model } of [stored, full]) {
    const sequences = [ids];
    const pruned = await pruneWeights(ctx, model, { recipe: { method: "wanda", pattern: "50%" }, sequences });
    const recipe = { ...DEFAULT_RECOVER_RECIPE, matrices: "all" } as const;
    const student = makeStudent(ctx, pruned.model, { pruning: { masks: pruned.masks }, recipe });
    const qkv = student.model.weights.blocks[0]?.qkv.weight ?? [];
    expect(qkv.map(({ dtype, requiresGrad }) => [dtype, requiresGrad])).toEqual([["f32", true]]);
    found.push(await ctx.read(qkv[0]!));
    student.free();
    pruned.model.free();
  }
  expect(found[0]).toEqual(found[1]);
});

test("matrices larger than a binding are in parts of whole blocks", async () => {
  const small = new Ctx(await Gpu.open({ maxBindingBytes: 128 * 1024 }));
  const split = await openModel(small, stored.folder, { precision: "file" });
  const { embedding, blocks } = split.model.weights;
  expect(embedding.length).toBeGreaterThan(1);
  expect(blocks[0]?.down.weight.length).toBeLessThan(blocks[0]?.up.weight.length ?? 0);
  const few = ids.slice(0, 8);
  const logits = await Promise.all(
    [
      { on: small, model: split.model },
      { on: ctx, model: full.model },
    ].map(({ on, model }) =>
      on.read(
        on.step(() => decoderForward(on, model, on.upload(few, [few.length], "ids"), { selection: model.selection })),
      ),
    ),
  );
  expect(worstDifference(logits[0]!, logits[1]!)).toBeLessThan(LIMIT);
  // a cut model has its head in f32; both heads are read part by part where the two are compared
  const masks = gateLayout(split.config).sizes.map((size) => new Uint8Array(size).map((_, i) => +(i % 3 > 0)));
  const compared: number[] = [];
  for (const [on, opened] of [
    [small, split],
    [ctx, stored],
  ] as const) {
    const cut = await compactModel(on, opened, masks);
    const heights = [opened.model, cut].map(({ weights }) => weights.head.weight.map(({ shape }) => shape[0]));
    expect(heights[0]).toEqual(heights[1]);
    expect(heights[0]?.length === 1).toBe(on === ctx);
    compared.push((await denseAgreement(on, { dense: opened.model, pruned: cut }, few, { context: few.length })).kl);
    cut.free();
  }
  expect(compared[0]).toBeCloseTo(compared[1] ?? NaN, 4);
  small.gpu.destroy();
});

test("rows that a bias cannot be divided at stay in one f32 matrix", async () => {
  const file = await ggufOfFolder(await goldenFolder("qwen2"), {
    quantised: (name, _, values) => {
      const type = name.includes("attn_v.weight") ? "Q4_0" : name.includes("attn_q.weight") ? "Q8_0" : undefined;
      return type && { type, bytes: quantize(type, values, name) };
    },
  });
  const folder = await ggufFolder(memorySource("m.gguf", file));
  const [exact, mixed] = [await openModel(ctx, folder), await openModel(ctx, folder, { precision: "file" })];
  expect(mixed.model.weights.blocks[0]?.qkv.weight.map(({ dtype }): DType => dtype)).toEqual(["f32"]);
  expect(await logitsOf(mixed)).toEqual(await logitsOf(exact));
});

test("a scale that is not finite is refused by the tensor's name", async () => {
  const name = "blk.1.attn_output.weight";
  const bytesOf = (shape: readonly number[]): Uint8Array => {
    const { stored: bytes, data } = randomBlocks(SEED, shape, "Q4_1", 0.1);
    bytes.set([0, 0x7c], 20 * 5 + 2);
    expect(dequantized("Q4_1", bytes, data.length)[165]).toBe(Infinity);
    return bytes;
  };
  const file = await ggufOfFolder(await embeddedFolder(), {
    quantised: (of, shape) => (of === name ? { type: "Q4_1", bytes: bytesOf(shape) } : undefined),
  });
  const folder = await ggufFolder(memorySource("m.gguf", file));
  await expect(openModel(ctx, folder, { precision: "file" })).rejects.toMatchObject({
    code: "not-finite",
    message: /tensor 'model\.layers\.1\.self_attn\.o_proj\.weight': expected finite scales of Q4_1 blocks/,
  });
});
