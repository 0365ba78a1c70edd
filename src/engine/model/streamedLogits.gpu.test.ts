// A model of which one block at a time is on the GPU computes what the whole model does: dense, under masks and cut, in every storage and family.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Ctx } from "../ctx.ts";
import type { WeightStorage } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { logitsOf } from "../evaluate/export/readBack.ts";
import { modelFolder } from "../formats/gguf/modelFolder.ts";
import { embeddedFolder, goldenFolder } from "../golden/folders.fixture.ts";
import { worstDifference } from "../ops/registry/parity.ts";
import type { Gpu } from "../gpu/device.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { loadModel } from "./load.ts";
import { maskedModel, maskedSelection } from "./maskedModel.ts";
import { openedStorage, precisionOfStorage } from "./matrixStorage.ts";
import { readModelFiles } from "./open.ts";
import { streamedLogits } from "./streamedLogits.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

/** Sums of the residual stream are rounded in another place. */
const LIMIT = 2e-5;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openSharedGpu();
});
afterAll(() => gpu.destroy());

test.each<[string, WeightStorage]>([
  ["llama", "f32"],
  ["qwen2", "f16"],
  ["opt350", "f32"],
  ["phi", "f32"],
  ["gemma3_text", "f32"],
  ["olmo2", "f32"],
  ["smollm3", "f32"],
  ["granite", "f32"],
  ["quantised", "file"],
])("%s in %s", async (name, stored) => {
  const ctx = new Ctx(gpu);
  const { config, weights } = await readModelFiles(await modelFolder(await goldenFolder(name)));
  const ids = Uint32Array.from({ length: 33 }, (_, i) => (i * 37) % config.vocab);
  const precision = precisionOfStorage(stored);
  const storage = openedStorage(stored, config, weights);
  const model = await loadModel(ctx, config, weights, { precision, storage });
  const before = ctx.buffers.count;
  const dense = await streamedLogits(ctx, { config, reader: weights, ids }, { precision, storage });
  expect(worstDifference(dense, await logitsOf(ctx, model, ids))).toBeLessThan(LIMIT);

  const masks = gateLayout(config).sizes.map((size) => new Uint8Array(size).map((_, i) => +(i % 3 > 0)));
  const { selection, free } = maskedSelection(ctx, config, masks);
  const masked = await streamedLogits(ctx, { config, reader: weights, ids }, { precision, storage, selection });
  free();
  const pruned = await logitsOf(ctx, maskedModel(ctx, model, masks), ids);
  expect(worstDifference(masked, pruned)).toBeLessThan(LIMIT);
  expect(worstDifference(masked, dense)).toBeGreaterThan(100 * LIMIT);

  if (storage) return;
  const lists = indexLists(masks);
  const reader = cutReader(weights, config.family, lists);
  const cut = await streamedLogits(ctx, { config, reader, ids }, { precision, lists });
  expect(worstDifference(cut, pruned)).toBeLessThan(LIMIT);
  // a step keeps its buffers for the next one; no block stays
  expect(ctx.buffers.count - before).toBeLessThan(60);
  ctx.buffers.freeAll();
});

test("takes the memory of the ends and of one block, and frees all of it when it is stopped", async () => {
  const ctx = new Ctx(gpu);
  const { config, weights } = await readModelFiles(await embeddedFolder());
  const whole = (await loadModel(ctx, config, weights)).gpuBytes;
  ctx.buffers.freeAll();
  const ids = Uint32Array.from({ length: 8 }, (_, i) => i);
  let most = 0;
  const create = ctx.gpu.device.createBuffer.bind(ctx.gpu.device);
  const allocated = vi.spyOn(ctx.gpu.device, "createBuffer").mockImplementation((descriptor) => {
    most = Math.max(most, ctx.buffers.bytesInUse + descriptor.size);
    return create(descriptor);
  });
  await streamedLogits(ctx, { config, reader: weights, ids });
  allocated.mockRestore();
  const blocks = whole - 4 * config.vocab * config.dModel;
  expect(most).toBeLessThan(whole - (0.8 * blocks * (config.layers - 1)) / config.layers);

  ctx.freeStep();
  const left = ctx.buffers.bytesInUse;
  let reads = 0;
  const stopped = streamedLogits(
    ctx,
    { config, reader: weights, ids },
    {
      onRead: () => {
        if (++reads > 20) throw new EngineError("cancelled", "stopped");
      },
    },
  );
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  ctx.freeStep();
  expect(ctx.buffers.bytesInUse).toBe(left);
});
