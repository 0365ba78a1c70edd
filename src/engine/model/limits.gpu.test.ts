// Small limits change how a model is computed, not its results: head in chunks, matrices in parts, on golden models and a long vocabulary.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { generate } from "../evaluate/generate.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { openCase } from "../golden/case.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { Gpu } from "../gpu/device.ts";
import { gradientArithmetic } from "../ops/arithmetic.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { worstDifference } from "../ops/registry/parity.ts";
import { gateLayout } from "../masks/gates.ts";
import { Tape } from "../tape.ts";
import { type Precision, sizeOf } from "../tensor.ts";
import { readConfig } from "../config/config.ts";
import { decoderForward, decoderLoss, nextTokenLogits } from "./decoder.ts";
import { loadModel, type Model, type WeightReader } from "./load.ts";
import { LOGITS_BYTES } from "../logitsSize.ts";
import { openModel } from "./open.ts";
import { DENSE, masked } from "./selection.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

/** For sums of f32 in another order, as a share of the largest value. */
const ROUNDING = 5e-6;

let ctx: Ctx;
let model: Model | undefined;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterEach(() => {
  ctx.logitsBytes = LOGITS_BYTES;
  model?.free();
  model = undefined;
});
afterAll(() => ctx.gpu.destroy());

interface Found {
  loss: Float32Array;
  gradient: Float32Array;
  next: Float32Array;
}

/** Loss, its gradient with regard to gates of 0.9, and the next token's logits. */
async function measure(on: Ctx, model: Model, ids: Uint32Array): Promise<Found> {
  const layout = gateLayout(model.config);
  const data = new Float32Array(layout.length).fill(0.9);
  const gates = on.persistent("gates", [layout.length], { data, requiresGrad: true });
  const one = on.persistent("one", [1], { data: Float32Array.of(1) });
  const options = { selection: masked(gates, layout) };
  const found = await on.gpu.checked("a limited step", () =>
    on.step(() => {
      const tape = new Tape(gradientArithmetic(on));
      on.tape = tape;
      const tokens = on.upload(ids, [ids.length], "ids");
      const loss = decoderLoss(on, model, tokens, options);
      tape.backward([[loss, one]]);
      return { loss, gradient: tape.gradients.of(gates), next: nextTokenLogits(on, model, tokens, options) };
    }),
  );
  const read = {
    loss: await on.read(found.loss),
    gradient: found.gradient ? await on.read(found.gradient) : new Float32Array(),
    next: await on.read(found.next),
  };
  on.free(gates, one);
  on.freeStep();
  return read;
}

function expectEqual(found: Found, expected: Found): void {
  expect(expected.gradient.some((value) => value !== 0)).toBe(true);
  for (const name of ["loss", "gradient", "next"] as const) {
    expect(worstDifference(found[name], expected[name]), name).toBeLessThan(ROUNDING);
  }
}

describe.each(["llama", "gemma", "opt", "opt350", "phi"])("%s", (name) => {
  test("has the same loss and gradients when logits exist a few rows at a time", async () => {
    const golden = await openCase(await goldenFolder(name));
    model = await loadModel(ctx, golden.config, golden.weights);
    const ids = (await golden.ids("ids")).slice(0, 53);
    const expected = await measure(ctx, model, ids);
    for (const rows of [1, 16, 52]) {
      ctx.logitsBytes = 4 * rows * golden.config.vocab;
      expectEqual(await measure(ctx, model, ids), expected);
    }
  });
});

/** The embedding has 512 rows of 64; one binding must have room for tokens x 352 f32. */
const SPLIT: [name: string, precision: Precision, kib: number, tokens: number][] = [
  ["llama", "f32", 64, 45],
  ["gemma", "f32", 64, 45],
  ["opt", "f32", 64, 45],
  ["phi", "f32", 64, 45],
  ["llama", "f16", 32, 22],
  ["phi", "f16", 32, 22],
];

describe.each(SPLIT)("%s in %s where a binding holds %i KiB", (name, precision, kib, tokens) => {
  test("has its matrices in parts and computes the same", async () => {
    const golden = await openCase(await goldenFolder(name));
    model = await loadModel(ctx, golden.config, golden.weights, { precision });
    const small = new Ctx(await Gpu.open({ maxBindingBytes: kib * 1024 }));
    try {
      const split = await loadModel(small, golden.config, golden.weights, { precision });
      const { embedding, head, blocks } = split.weights;
      expect(embedding.map(({ shape }) => shape)).toEqual([
        [256, 64],
        [256, 64],
      ]);
      expect(head.weight).toHaveLength(2);
      expect(head.weight === embedding).toBe(golden.config.tiedHead);
      if (golden.config.glu) expect(blocks.map(({ up }) => up.weight.length)).toEqual(blocks.map(() => 2));

      const ids = (await golden.ids("ids")).slice(0, tokens);
      expectEqual(await measure(small, split, ids), await measure(ctx, model, ids));
      const text = async (on: Ctx, of: Model): Promise<number[]> => {
        const found: number[] = [];
        const options = { tokens: 8, temperature: 0, seed: 0, stopTokens: [] };
        for await (const token of generate(on, of, [...ids.slice(0, 16)], options)) found.push(token);
        return found;
      };
      expect(await text(small, split)).toEqual(await text(ctx, model));
      const evalIds = (await golden.ids("eval.ids")).slice(0, 128);
      const [found, expected] = [
        await perplexity(small, split, evalIds, { context: 16 }),
        await perplexity(ctx, model, evalIds, { context: 16 }),
      ];
      expect(Math.log(found.value)).toBeCloseTo(Math.log(expected.value), 5);
    } finally {
      small.gpu.destroy();
    }
  });
});

test("a matrix whose smallest part is larger than a binding is refused by name and numbers", async () => {
  const golden = await openCase(await goldenFolder("llama"));
  const small = new Ctx(await Gpu.open({ maxBindingBytes: 32 * 1024 }));
  await expect(loadModel(small, golden.config, golden.weights)).rejects.toMatchObject({
    code: "limit",
    message: expect.stringContaining("layers.0.mlp.down_proj.weight") as string,
    detail: { size: 64 * 176 * 4, limitBytes: 32 * 1024 },
  });
  expect(small.buffers.bytesInUse).toBe(0);
  small.gpu.destroy();
});

test("the next token's logits are the last row of all logits", async () => {
  const golden = await openCase(await goldenFolder("opt350"));
  const dense = (model = await loadModel(ctx, golden.config, golden.weights));
  const { vocab } = golden.config;
  const ids = (await golden.ids("ids")).slice(0, 21);
  const { all, next } = ctx.step(() => {
    const tokens = ctx.upload(ids, [ids.length], "ids");
    const options = { selection: DENSE };
    return { all: decoderForward(ctx, dense, tokens, options), next: nextTokenLogits(ctx, dense, tokens, options) };
  });
  expect(next.shape).toEqual([1, vocab]);
  const last = (await ctx.read(all)).subarray((ids.length - 1) * vocab);
  expect(worstDifference(await ctx.read(next), last)).toBeLessThan(ROUNDING);
});

test("memory for logits stays within the limit however many tokens there are", () => {
  const [tokens, vocab, width] = [2048, 512, 4];
  const weight = ctx.persistent("head", [vocab, width]);
  const x = ctx.persistent("x", [tokens, width], { requiresGrad: true });
  const bytesOf = (logitsBytes: number): number => {
    ctx.freeStep();
    const before = ctx.buffers.bytesInUse;
    ctx.step(() => {
      ctx.tape = new Tape(gradientArithmetic(ctx));
      const ids = ctx.upload(new Uint32Array(tokens), [tokens], "ids");
      crossEntropy(ctx, x, { head: { weight: [weight] }, ids, logitsBytes });
    });
    return ctx.buffers.bytesInUse - before;
  };
  const all = 4 * tokens * vocab;
  expect(bytesOf(all)).toBeGreaterThanOrEqual(all);
  expect(bytesOf(all / 64) - all / 64).toBeLessThan(all / 32); // ids, losses, sums and dx grow with tokens alone
  ctx.free(weight, x);
});

test("a vocabulary of 100,000 fits bindings of 128 MiB in two parts", async () => {
  const config = readConfig({
    ...{ model_type: "llama", vocab_size: 100_000, hidden_size: 384, intermediate_size: 64, num_hidden_layers: 1 },
    ...{ num_attention_heads: 8, max_position_embeddings: 64, tie_word_embeddings: true },
  });
  const reader = madeUp(config.vocab, config.dModel);
  const ids = Uint32Array.of(3, 87_359, 87_360, 99_999, 0, 90_000);
  const small = new Ctx(await Gpu.open({ maxBindingBytes: 128 * 1024 * 1024 }));
  let found: Found;
  try {
    const split = await loadModel(small, config, reader);
    expect(split.weights.embedding.map(({ shape }) => shape[0])).toEqual([87_360, 12_640]);
    found = await measure(small, split, ids);
  } finally {
    small.gpu.destroy();
  }
  model = await loadModel(ctx, config, reader);
  expect(model.weights.embedding).toHaveLength(1);
  expectEqual(found, await measure(ctx, model, ids));
});

/** Weights of a LLaMA with one block: small pseudo-random numbers. */
function madeUp(vocab: number, d: number): WeightReader {
  const shapeOf = (name: string): number[] => {
    if (name.includes("norm")) return [d];
    if (name.includes("embed")) return [vocab, d];
    if (name.includes("down_proj")) return [d, 64];
    return [name.includes("mlp") ? 64 : d, d];
  };
  const numbers = Float32Array.from({ length: vocab * d }, (_, i) => Math.imul(i + 1, 0x9e3779b1) * 2 ** -35);
  return {
    has: () => true,
    info: (name) => ({ shape: shapeOf(name) }),
    readFloat32: (name) => Promise.resolve(numbers.subarray(0, sizeOf(shapeOf(name)))),
  };
}

test("a model whose kernels run out of memory is freed completely", async () => {
  const own = new Ctx(await Gpu.open());
  vi.spyOn(own, "warm").mockRejectedValueOnce(new EngineError("out-of-memory", "no room"));
  await expect(openModel(own, await goldenFolder("llama"))).rejects.toMatchObject({ code: "out-of-memory" });
  expect(own.buffers.bytesInUse).toBe(0);
  own.gpu.destroy();
});
