// Agreement of two models: the likeliest next tokens and the divergence against their logits, and the divergence against PyTorch's.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { openCase } from "../golden/case.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { decoderForward } from "../model/decoder.ts";
import { loadModel, type Model } from "../model/load.ts";
import { openModel } from "../model/open.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { denseAgreement } from "./agreement.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

/** Logits of every token of ids, in f64. */
async function logitsOf(model: Model, ids: Uint32Array): Promise<Float64Array[]> {
  const logits = await ctx.read(
    ctx.step(() => decoderForward(ctx, model, ctx.upload(ids, [ids.length], "ids"), { selection: model.selection })),
  );
  const { vocab } = model.config;
  return Array.from(ids, (_, t) => Float64Array.from(logits.subarray(t * vocab, (t + 1) * vocab)));
}

const argmax = (row: Float64Array): number => row.indexOf(Math.max(...row));

function logSoftmax(row: Float64Array): Float64Array {
  const top = Math.max(...row);
  const sum = top + Math.log(row.reduce((total, value) => total + Math.exp(value - top), 0));
  return row.map((value) => value - sum);
}

/** KL(p || q) of two rows of logits, in nats. */
function divergence(p: Float64Array, q: Float64Array): number {
  const [lnP, lnQ] = [logSoftmax(p), logSoftmax(q)];
  return lnP.reduce((sum, ln, i) => sum + Math.exp(ln) * (ln - (lnQ[i] ?? NaN)), 0);
}

test("counts equal argmax and KL that of the logits, window by window, and a model agrees with itself everywhere", async () => {
  const [llama, llama3] = [
    await openModel(ctx, await goldenFolder("llama")),
    await openModel(ctx, await goldenFolder("llama3")),
  ];
  const ids = Uint32Array.from({ length: 100 }, (_, i) => (i * 37) % 512);
  const models = { dense: llama.model, pruned: llama3.model };
  const windows: number[] = [];
  const found = await denseAgreement(ctx, models, ids, { context: 64, onWindow: (done) => windows.push(done) });
  let [same, kl] = [0, 0];
  for (const part of [ids.slice(0, 64), ids.slice(64)]) {
    const [a, b] = [await logitsOf(llama.model, part), await logitsOf(llama3.model, part)];
    for (const [t, p] of a.entries()) {
      const q = b[t] ?? p;
      same += Number(argmax(p) === argmax(q));
      kl += divergence(p, q) / 100;
    }
  }
  expect(found).toEqual({ same, kl: expect.closeTo(kl, 4) as number, tokens: 100, context: 64 });
  expect(windows).toEqual([1, 2]);
  const itself = await denseAgreement(ctx, { dense: llama.model, pruned: llama.model }, ids, { context: 100 });
  expect(itself).toEqual({ same: 100, kl: expect.closeTo(0, 6) as number, tokens: 100, context: 100 });
  const stopped = denseAgreement(ctx, models, ids, { context: 64, cancelled: () => true });
  await expect(stopped).rejects.toThrow("stopped");
  llama.model.free();
  llama3.model.free();
});

test.each(["llama", "gemma", "opt"])("KL of the pruned %s equals PyTorch's", async (name) => {
  const golden = await openCase(await goldenFolder(name));
  const opened = await openModel(ctx, await goldenFolder(name));
  const { config } = opened;
  const lists = indexLists(await Promise.all(gateLayout(config).sizes.map((_, i) => golden.mask(`hard.mask.${i}`))));
  const reader = cutReader(golden.weights, config.family, lists);
  const pruned = await loadModel(ctx, config, reader, { lists, precision: opened.model.precision });
  const [steps, kl] = [
    golden.recoveries.get("recover")?.info.recipe.steps ?? NaN,
    golden.recoveries.get("recover")?.info.kl[0] ?? NaN,
  ];
  // The first step of the golden recovery: the divergence before its update.
  const ids = await golden.ids("train.ids");
  const batch = ids.slice(0, ids.length / steps);
  const found = await denseAgreement(ctx, { dense: opened.model, pruned }, batch, { context: batch.length });
  expect(Math.abs(found.kl - kl)).toBeLessThan(1e-4);
  expect(found.tokens).toBe(batch.length);
  pruned.free();
  opened.model.free();
});
