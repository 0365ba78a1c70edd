// Weight pruning of entire models: the dense one does not change, and its memory is freed, also after a refusal or a stop.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { perplexity } from "../../evaluate/perplexity.ts";
import { embeddedFolder, goldenFolder } from "../../golden/folders.fixture.ts";
import { loadModel } from "../../model/load.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { maskedReader } from "./maskedReader.ts";
import { pruneWeights } from "./pruneWeights.ts";
import { isKept, keptInMask, keptOfMasks, weightsOf } from "../../masks/weightMasks.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

const ids = (count: number, vocab: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => (i * 7919) % vocab);
const sequencesOf = ({ config }: OpenedModel): Uint32Array[] => [ids(48, config.vocab), ids(31, config.vocab)];

test("the pruned model is the masked original, and the dense one does not change", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const { model, config } = opened;
  const text = ids(256, config.vocab);
  const before = await perplexity(ctx, model, text, { context: 64 });
  const bytes = ctx.buffers.bytesInUse;
  const pruned = await pruneWeights(ctx, model, {
    recipe: { method: "dass", pattern: "4:8" },
    sequences: sequencesOf(opened),
  });
  const found = await perplexity(ctx, pruned.model, text, { context: 64 });
  expect(found.value).not.toBe(before.value);
  expect((await perplexity(ctx, model, text, { context: 64 })).value).toBe(before.value);
  const again = await loadModel(ctx, config, maskedReader(opened.weights, config, pruned.masks));
  expect((await perplexity(ctx, again, text, { context: 64 })).value).toBe(found.value);
  expect(pruned.norms.map(({ input, middle }) => [input.length, middle.length])).toEqual([
    [64, 176],
    [64, 176],
    [64, 176],
  ]);
  again.free();
  pruned.model.free();
  ctx.freeStep();
  expect(ctx.buffers.bytesInUse).toBeLessThanOrEqual(bytes + 100_000); // uniforms are kept
  model.free();
});

describe.each(["opt", "opt350", "phi"])("%s, which has no GLU", (name) => {
  test("is pruned by Wanda and magnitude in every row, and DaSS is refused", async () => {
    const opened = await openModel(ctx, await goldenFolder(name));
    const { model } = opened;
    for (const [method, pattern] of [
      ["wanda", "2:4"],
      ["magnitude", "30%"],
    ] as const) {
      const pruned = await pruneWeights(ctx, model, { recipe: { method, pattern }, sequences: sequencesOf(opened) });
      const [fc1, fc2] = pruned.masks;
      if (!fc1 || !fc2) throw new Error("two matrices expected");
      for (const mask of [fc1, fc2]) {
        const [rows, cols] = mask.matrix.shape;
        const inRow = pattern === "2:4" ? cols / 2 : cols - Math.floor(cols * 0.3);
        expect(keptInMask(mask)).toBe(rows * inRow);
        const last = Array.from({ length: cols }, (_, c) => isKept(mask, (rows - 1) * cols + c));
        expect(last.filter(Boolean)).toHaveLength(inRow);
      }
      expect(keptOfMasks(pruned.masks).of).toBe(pruned.masks.reduce((sum, { matrix }) => sum + weightsOf(matrix), 0));
      pruned.model.free();
    }
    const refused = pruneWeights(ctx, model, {
      recipe: { method: "dass", pattern: "2:4" },
      sequences: sequencesOf(opened),
    });
    await expect(refused).rejects.toMatchObject({ code: "unsupported" });
    model.free();
  });
});

test("a stop frees the memory, and progress counts every pass", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const recipe = { method: "wanda", pattern: "50%" } as const;
  const seen: string[] = [];
  await expect(
    pruneWeights(
      ctx,
      opened.model,
      { recipe, sequences: sequencesOf(opened) },
      {
        onProgress: (done, of) => seen.push(`${done}/${of}`),
        cancelled: () => seen.length === 5,
      },
    ),
  ).rejects.toMatchObject({ code: "cancelled" });
  expect(seen).toEqual(["1/21", "2/21", "3/21", "4/21", "5/21"]);
  const pruned = await pruneWeights(ctx, opened.model, { recipe, sequences: sequencesOf(opened) });
  pruned.model.free();
  opened.model.free();
});

test("activations that are not finite stop it and name the block", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const norm = opened.model.weights.blocks[1]?.mlpNorm?.weight;
  if (norm) ctx.write(norm, new Float32Array(norm.shape[0] ?? 0).fill(Number.NaN));
  await expect(
    pruneWeights(ctx, opened.model, { recipe: { method: "dass", pattern: "2:4" }, sequences: sequencesOf(opened) }),
  ).rejects.toMatchObject({ code: "not-finite", message: expect.stringMatching(/block 1/) as string });
  opened.model.free();
});

test("weights in half precision are pruned like the same weights in f32", async () => {
  const folder = await embeddedFolder(); // F16, so that halves are exact
  const found = [];
  for (const precision of ["f32", "f16"] as const) {
    const { model, config } = await openModel(ctx, folder, { precision });
    const sequences = [ids(48, config.vocab)];
    const pruned = await pruneWeights(ctx, model, { recipe: { method: "wanda", pattern: "2:4" }, sequences });
    const { value } = await perplexity(ctx, pruned.model, ids(128, config.vocab), { context: 64 });
    found.push({ masks: pruned.masks, value });
    pruned.model.free();
    model.free();
  }
  expect(found[1]).toEqual(found[0]);
});
