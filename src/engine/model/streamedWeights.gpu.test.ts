// Weights that are uploaded a few rows at a time are those that are uploaded at once, in every storage, packed, cut and split into parts.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import type { WeightStorage } from "../dtype.ts";
import { modelFolder } from "../formats/gguf/modelFolder.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import type { Gpu } from "../gpu/device.ts";
import { readBuffer } from "../gpu/readback.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { loadModel, type LoadOptions, type Model, type WeightReader } from "./load.ts";
import { openedStorage, precisionOfStorage } from "./matrixStorage.ts";
import { readModelFiles, sha256 } from "./open.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openSharedGpu();
});
afterAll(() => gpu.destroy());

/** Every matrix of a model, as bytes. */
async function bytesOf(ctx: Ctx, { weights: { blocks, embedding, head } }: Model): Promise<Uint8Array<ArrayBuffer>[]> {
  const layers = blocks.flatMap(({ qkv, o, up, down }) => [qkv, o, up, down].flatMap(({ weight }) => weight));
  const all: Uint8Array<ArrayBuffer>[] = [];
  for (const { buffer } of [...embedding, ...head.weight, ...layers]) {
    all.push(new Uint8Array(await readBuffer(ctx.gpu, ctx.buffers, { buffer, offset: 0, bytes: buffer.bytes })));
  }
  return all;
}

test.each<[string, WeightStorage, boolean]>([
  ["llama", "f32", false],
  ["llama", "f16", true],
  ["quantised", "file", false],
  ["qwen2", "q8_0", false],
])("%s in %s, cut: %s", async (name, storage, cut) => {
  const { config, weights } = await readModelFiles(await modelFolder(await goldenFolder(name)));
  const lists = cut
    ? indexLists(gateLayout(config).sizes.map((size) => new Uint8Array(size).map((_, i) => +(i % 3 > 0))))
    : undefined;
  const reader: WeightReader = lists ? cutReader(weights, config.family, lists) : weights;
  const found: Uint8Array<ArrayBuffer>[][] = [];
  let reads = 0;
  const counted: WeightReader = {
    ...reader,
    ...(reader.readRows ? { readRows: (...of) => (reads++, reader.readRows!(...of)) } : {}),
  };
  for (const chunkValues of [undefined, 1]) {
    const ctx = new Ctx(gpu);
    const steps: number[] = [];
    const options: LoadOptions = {
      precision: precisionOfStorage(storage),
      storage: lists ? undefined : openedStorage(storage, config, weights),
      ...(lists ? { lists } : {}),
      ...(chunkValues ? { chunkValues } : {}),
      onProgress: (done, of) => steps.push(done / of),
    };
    const model = await loadModel(ctx, config, counted, options);
    expect(steps.at(-1)).toBe(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    found.push(await bytesOf(ctx, model));
    ctx.buffers.freeAll();
  }
  const [atOnce = [], streamed = []] = found;
  expect(streamed.length).toBe(atOnce.length);
  for (const [i, bytes] of atOnce.entries()) expect(await sha256(streamed[i]!)).toBe(await sha256(bytes));
  if (storage === "f32") expect(reads).toBeGreaterThan(found.length * 100);
});

test("a stop between two rows frees what was uploaded", async () => {
  const { config, weights } = await readModelFiles(await goldenFolder("llama"));
  const ctx = new Ctx(gpu);
  let calls = 0;
  const onProgress = (): void => {
    if (++calls === 20) throw new Error("stopped");
  };
  await expect(loadModel(ctx, config, weights, { chunkValues: 1, onProgress })).rejects.toThrow("stopped");
  expect([calls, ctx.buffers.bytesInUse]).toEqual([20, 0]);
});
