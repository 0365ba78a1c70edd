// Models in half precision: their memory, that F16 files lose nothing, and what is refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { openCase } from "../golden/case.ts";
import { embeddedFolder, goldenFolder } from "../golden/folders.fixture.ts";
import { bytesOfShape, elements, type Precision } from "../tensor.ts";
import { decoderForward } from "./decoder.ts";
import { loadModel, type Model } from "./load.ts";
import { openModel } from "./open.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

const PRECISIONS: readonly Precision[] = ["f32", "f16"];

async function logitsOf(model: Model): Promise<Float32Array> {
  const ids = Uint32Array.from({ length: 33 }, (_, i) => (i * 37) % model.config.vocab);
  const logits = ctx.step(() => {
    return decoderForward(ctx, model, ctx.upload(ids, [ids.length], "ids"), { selection: model.selection });
  });
  return ctx.read(logits);
}

test("an F16 file loses nothing, and its matrices take half the memory", async () => {
  const folder = await embeddedFolder();
  const [full, half] = await Promise.all(PRECISIONS.map((precision) => openModel(ctx, folder, { precision })));
  if (!full || !half) throw new Error("two models were opened");
  expect([full.dtype, full.model.precision, half.model.precision]).toEqual(["F16", "f32", "f16"]);
  expect(await logitsOf(half.model)).toEqual(await logitsOf(full.model));
  const { blocks, embedding } = half.model.weights;
  const matrices = [
    ...embedding,
    ...blocks.flatMap(({ qkv, o, up, down }) => [qkv, o, up, down].flatMap((one) => one.weight)),
  ];
  expect(new Set(matrices.map(({ dtype }) => dtype))).toEqual(new Set(["f16"]));
  const saved = matrices.reduce((sum, one) => sum + bytesOfShape(one.shape, "f32") - 2 * elements(one), 0);
  expect(full.model.gpuBytes - half.model.gpuBytes).toBe(saved);
  expect(half.model.gpuBytes / full.model.gpuBytes).toBeLessThan(0.53);
  full.model.free();
  half.model.free();
});

test("weights beyond the largest half are refused by name, and nothing stays on the GPU", async () => {
  const { config, weights } = await openCase(await goldenFolder("llama"));
  const name = "model.layers.1.mlp.down_proj.weight";
  const with70000 = {
    has: (of: string) => weights.has(of),
    info: (of: string) => weights.info(of),
    readFloat32: async (of: string) => {
      const values = await weights.readFloat32(of);
      return of === name ? values.map((value, i) => (i === 5 ? -70_000 : value)) : values;
    },
  };
  const before = ctx.buffers.bytesInUse;
  await expect(loadModel(ctx, config, with70000, { precision: "f16" })).rejects.toMatchObject({
    code: "unsupported",
    message: `tensor '${name}': expected values from -65504 to 65504 for half precision, got -70000. Load this model in full precision.`,
  });
  expect(ctx.buffers.bytesInUse).toBe(before);
  (await loadModel(ctx, config, with70000)).free();
});
