// Agreement of the likeliest next tokens of two models, against the argmax of their logits.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { Gpu } from "../gpu/device.ts";
import { decoderForward } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { openModel } from "../model/open.ts";
import { topTokenAgreement } from "./agreement.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
});
afterAll(() => ctx.gpu.destroy());

async function argmax(model: Model, ids: Uint32Array): Promise<number[]> {
  const logits = await ctx.read(
    ctx.step(() => decoderForward(ctx, model, ctx.upload(ids, [ids.length], "ids"), { selection: model.selection })),
  );
  const { vocab } = model.config;
  return Array.from(ids, (_, t) => {
    const row = logits.subarray(t * vocab, (t + 1) * vocab);
    return row.indexOf(Math.max(...row));
  });
}

test("counts equal argmax, window by window, and a model agrees with itself everywhere", async () => {
  const [llama, llama3] = [
    await openModel(ctx, await goldenFolder("llama")),
    await openModel(ctx, await goldenFolder("llama3")),
  ];
  const ids = Uint32Array.from({ length: 100 }, (_, i) => (i * 37) % 512);
  const models = { dense: llama.model, pruned: llama3.model };
  const windows: number[] = [];
  const found = await topTokenAgreement(ctx, models, ids, { context: 64, onWindow: (done) => windows.push(done) });
  let same = 0;
  for (const part of [ids.slice(0, 64), ids.slice(64)]) {
    const [a, b] = [await argmax(llama.model, part), await argmax(llama3.model, part)];
    same += a.filter((token, t) => token === b[t]).length;
  }
  expect(found).toEqual({ same, tokens: 100, context: 64 });
  expect(windows).toEqual([1, 2]);
  const itself = await topTokenAgreement(ctx, { dense: llama.model, pruned: llama.model }, ids, { context: 100 });
  expect(itself).toEqual({ same: 100, tokens: 100, context: 100 });
  const stopped = topTokenAgreement(ctx, models, ids, { context: 64, cancelled: () => true });
  await expect(stopped).rejects.toThrow("stopped");
  llama.model.free();
  llama3.model.free();
});
