// What decoding a token dispatches: a compact model takes no more than the dense one.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AdapterFacts } from "../gpu/device.ts";
import { gateLayout } from "../masks/gates.ts";
import { CARD, countingCtx, countingModel } from "./counting.fixture.ts";
import { nextTokenLogits } from "./decoder.ts";
import { makeKvCache } from "./kvCache.ts";

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("GPUShaderStage", {});
});
afterAll(() => vi.unstubAllGlobals());

/** The kernels that make the logits after `rows` new tokens, in order. */
async function decodeStep(facts: AdapterFacts, compact: boolean, rows: number): Promise<string[]> {
  const { ctx, dispatches } = countingCtx(facts);
  const { config } = await countingModel(ctx);
  const everySecond = (size: number): Uint32Array => Uint32Array.from({ length: size >> 1 }, (_, i) => 2 * i);
  const model = await countingModel(ctx, compact ? gateLayout(config).sizes.map(everySecond) : undefined);
  const cache = makeKvCache(ctx, config, 32);
  dispatches.length = 0;
  ctx.step(() => {
    const ids = ctx.upload(new Uint32Array(rows), [rows], "ids");
    return nextTokenLogits(ctx, model, ids, { selection: model.selection, start: 8, cache });
  });
  return dispatches.map(({ kernel }) => kernel);
}

/** The kernel of a dense model in place of one that takes some columns. */
const withoutColumns = (kernel: string): string =>
  kernel.replace("cutNorm.forward", "addNorm.forward").replace("scatterAdd.forward", "arithmetic.add");

test.each([
  { name: "a graphics card", facts: CARD },
  { name: "a software adapter", facts: { ...CARD, software: true } },
])("on $name a token takes the same number of dispatches in a compact model as in a dense one", async ({ facts }) => {
  for (const rows of [1, 4, 17]) {
    const dense = await decodeStep(facts, false, rows);
    const compact = await decodeStep(facts, true, rows);
    expect(compact).toContain("cutNorm.forward");
    expect(compact.map(withoutColumns)).toEqual(dense.map(withoutColumns));
  }
});

test("a token takes eight dispatches per block on a graphics card", async () => {
  const kernels = await decodeStep(CARD, true, 1);
  expect(kernels.length).toBe(8 * 8 + 3);
  expect(kernels.slice(2, 9)).toEqual([
    "linear.forward",
    "cachedAttention.few_rows",
    "linear.forward",
    "cutNorm.forward",
    "linear.forward",
    "activation.glu",
    "linear.forward",
  ]);
});
