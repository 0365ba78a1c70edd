// The dense model under masks in place of a compact copy: the same perplexity, losses by token and text, in the memory of the masks.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { generate } from "../../evaluate/generate.ts";
import { perplexity } from "../../evaluate/perplexity.ts";
import { tokenLosses } from "../../evaluate/tokenLosses.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { gateLayout } from "../../masks/gates.ts";
import type { Model } from "../../model/load.ts";
import { openModel } from "../../model/open.ts";
import { modelOfMasks } from "./modelOfMasks.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

/** How far losses may be apart: sums of f32 in another order. */
const LIMIT = 1e-4;

async function measured(model: Model, ids: Uint32Array) {
  const text: number[] = [];
  const options = { tokens: 12, temperature: 0, seed: 0, stopTokens: [] };
  for await (const token of generate(ctx, model, [...ids.subarray(0, 9)], options)) text.push(token);
  return {
    text,
    losses: await tokenLosses(ctx, model, ids, { context: 32 }),
    perplexity: (await perplexity(ctx, model, ids, { context: 32 })).value,
  };
}

test.each(["llama", "opt350", "phi"])("%s under masks computes what its compact copy computes", async (name) => {
  const opened = await openModel(ctx, await goldenFolder(name));
  const { sizes } = gateLayout(opened.config);
  const masks = sizes.map((size, i) => Uint8Array.from({ length: size }, (_, j) => ((7 * j + i) % 5 < 3 ? 1 : 0)));
  const ids = Uint32Array.from({ length: 96 }, (_, i) => (i * 7919 + 3) % opened.config.vocab);
  ctx.compact = true;
  const compact = await modelOfMasks(ctx, opened, masks);
  const one = await measured(compact, ids);
  compact.free();
  ctx.compact = false;
  const before = ctx.buffers.bytesInUse;
  const underMasks = await modelOfMasks(ctx, opened, masks);
  expect(ctx.buffers.bytesInUse - before).toBe(4 * gateLayout(opened.config).length);
  expect(underMasks.gpuBytes).toBe(4 * gateLayout(opened.config).length);
  const other = await measured(underMasks, ids);
  const dense = await measured(opened.model, ids);
  underMasks.free();
  expect(other.text).toEqual(one.text);
  expect(Math.abs(Math.log(other.perplexity / one.perplexity))).toBeLessThan(LIMIT);
  // the first token of a window has no loss
  const scored = [...one.losses].flatMap((loss, i) => (Number.isNaN(loss) ? [] : [loss - (other.losses[i] ?? NaN)]));
  expect(scored).toHaveLength(ids.length - 3);
  for (const difference of scored) expect(Math.abs(difference)).toBeLessThan(LIMIT);
  expect(Math.abs(Math.log(other.perplexity / dense.perplexity))).toBeGreaterThan(100 * LIMIT);
  opened.model.free();
});
