// A model whose matrices are quantised when it is opened: the values of Python's gguf, exports from the weights of the file, and what it costs.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { exportGates } from "../evaluate/export/exportGates.ts";
import { memoryTarget } from "../evaluate/export/memoryTarget.ts";
import { memorySource } from "../formats/files/memoryFolder.ts";
import { openWeights } from "../formats/safetensors/safetensors.ts";
import { ggufFolder } from "../formats/gguf/ggufFolder.ts";
import { ggufOfFolder } from "../formats/gguf/models.fixture.ts";
import { quantize } from "../formats/gguf/write/quantize.ts";
import { embeddedFolder, goldenFolder } from "../golden/folders.fixture.ts";
import { gateLayout } from "../masks/gates.ts";
import { modelOfMasks } from "../prune/gates/modelOfMasks.ts";
import { pruneWeights } from "../prune/weights/pruneWeights.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { planMemory } from "../train/memoryPlan.ts";
import { quantisationCost } from "../train/quantisationCost.ts";
import { modelTensors } from "../config/tensors.ts";
import { openModel, type OpenedModel, sha256 } from "./open.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
let full: OpenedModel;
let quantised: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  full = await openModel(ctx, await embeddedFolder());
  quantised = await openModel(ctx, await embeddedFolder(), { precision: "q4_0" });
});
afterAll(() => ctx.gpu.destroy());

const ids = Uint32Array.from({ length: 64 }, (_, i) => (i * 37) % 2048);
const perplexityOf = async (model: OpenedModel["model"]): Promise<number> =>
  (await perplexity(ctx, model, ids, { context: 32 })).value;

test("computes what the same matrices from a GGUF file compute, and takes the planned memory", async () => {
  const { config, weights } = full;
  const matrices = new Set(modelTensors(config).flatMap(({ name, shape }) => (shape.length === 2 ? [name] : [])));
  const bytes = await ggufOfFolder(await embeddedFolder(), {
    quantised: (name, shape, values) =>
      shape.length === 2 ? { type: "Q4_0", bytes: quantize("Q4_0", values, name) } : undefined,
  });
  const file = await openModel(ctx, await ggufFolder(memorySource("m.gguf", bytes)), { precision: "file" });
  expect(matrices.size).toBeGreaterThan(0);
  expect(await perplexityOf(quantised.model)).toBe(await perplexityOf(file.model));
  expect(quantised.model.gpuBytes).toBe(file.model.gpuBytes);
  // blocks of the same type are taken as they are, and those of fewer bytes stay
  const again = await openModel(ctx, file.folder, { precision: "q8_0" });
  expect(again.model.gpuBytes).toBe(file.model.gpuBytes);
  for (const { model } of [file, again]) model.free();
  const lengths = { trainingTokens: 8, evaluationTokens: 8 };
  const { parts, compact } = await planMemory(ctx.gpu.facts, config, { precision: "q4_0", ...lengths });
  expect([parts.weights, compact]).toEqual([quantised.model.gpuBytes, false]);
  expect(weights.sizeBytes).toBe(quantised.weights.sizeBytes);
});

test("exports have the weights of the file, and are compared with what those compute", async () => {
  const masks = gateLayout(full.config).sizes.map((size) => new Uint8Array(size).map((_, i) => +(i % 3 > 0)));
  const made = await Promise.all(
    [full, quantised].map(async (opened) => {
      const target = memoryTarget();
      const receipt = {
        ...{ version: "1", adapter: "a", modelName: "m", licence: "none", trainedSteps: 0 },
        ...{ calibration: { name: "t", sha256: "0".repeat(64) }, perplexity: [] },
        recipe: DEFAULT_RECIPE,
        target: { ratio: "block weights kept", value: 0.5 },
      } as const;
      const options = { ids: ids.slice(0, 8), receipt };
      const [form] = await exportGates(ctx, opened, { masks, targets: new Map([["masked", target]]) }, options);
      expect(form).toMatchObject({ ok: true, equalArgmax: 1 });
      return openWeights(await target.folder());
    }),
  );
  const [expected, found] = made;
  if (!expected || !found) throw new Error("both models were exported");
  for (const name of expected.names)
    expect(await sha256(await found.readBytes(name))).toBe(await sha256(await expected.readBytes(name)));
});

test("the pruned model is the quantised one under masks", async () => {
  const masks = gateLayout(full.config).sizes.map((size) => new Uint8Array(size).fill(1));
  const pruned = await modelOfMasks(ctx, quantised, masks);
  expect(await perplexityOf(pruned)).toBe(await perplexityOf(quantised.model));
  pruned.free();
});

test("its cost is measured where both models fit, and said to be unknown elsewhere", async () => {
  const input = { opened: quantised, ids, context: 32, quantised: await perplexityOf(quantised.model) };
  const before = ctx.buffers.bytesInUse;
  const cost = await quantisationCost(ctx, input);
  expect(ctx.buffers.bytesInUse - before).toBeLessThan(full.model.gpuBytes);
  if (!("own" in cost)) throw new Error("expected a measured cost");
  const precision = full.dtype === "F32" ? "f32" : "f16";
  expect(cost).toMatchObject({ type: "Q4_0", precision, quantised: input.quantised });
  expect(cost.own / (await perplexityOf(full.model))).toBeCloseTo(1, 3);
  expect(cost.own).not.toBe(cost.quantised);
  expect(await quantisationCost(ctx, { ...input, memoryBytes: 1e6 })).toEqual({
    type: "Q4_0",
    notMeasured: expect.stringMatching(
      /^It takes \d\.\d\d GB for both models; the memory of your GPU is given as 0\.00/,
    ) as unknown,
  });
  // a memory that is known counts more than the plan
  expect(await quantisationCost(ctx, { ...input, memoryBytes: 1e12, plannedBytes: 1e6 })).toHaveProperty("own");
  expect(await quantisationCost(ctx, { ...input, plannedBytes: 1e6 })).toHaveProperty(
    "notMeasured",
    expect.stringMatching(/the plan of this model takes 0\.00 GB\. Enter the memory of your GPU/),
  );
  const cancelled = quantisationCost(ctx, { ...input, cancelled: () => true });
  await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
});

test("methods that change weights refuse it", async () => {
  const recipe = { method: "magnitude", pattern: "2:4" } as const;
  await expect(pruneWeights(ctx, quantised.model, { recipe, sequences: [] })).rejects.toMatchObject({
    code: "config",
    message: expect.stringMatching(
      /^Pruning of single weights works on the values of the file.*quantised to Q4_0/,
    ) as unknown,
  });
});

test("rows that are no multiple of 32 stay in halves, and the model says which", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"), { precision: "q8_0" });
  const types = opened.model.weights.blocks.map(({ down }) => down.weight[0]?.dtype);
  expect(new Set(types)).toEqual(new Set(["f16"]));
  expect(opened.notes.at(-1)).toMatch(
    /^model\.\S+\.weight and \d+ more: rows of \d+ values are not a multiple of 32, so these matrices are stored in half precision instead of Q8_0\.$/,
  );
  opened.model.free();
});
