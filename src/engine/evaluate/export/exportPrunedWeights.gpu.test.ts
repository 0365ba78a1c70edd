// Exports of pruned weights: written, read back and compared. They have the zeros of the masks, and the updated weights of SparseGPT.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { memoryFolder } from "../../formats/files/memoryFolder.ts";
import { openWeights } from "../../formats/safetensors/safetensors.ts";
import { readWeightReceipt, weightMasksFromReceipt } from "../../formats/receipt/weightReceipt.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { loadModel } from "../../model/load.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { maskedReader } from "../../prune/weights/maskedReader.ts";
import { pruneWeights } from "../../prune/weights/pruneWeights.ts";
import { isKept } from "../../masks/weightMasks.ts";
import { DEFAULT_WEIGHT_RECIPE, type WeightRecipe } from "../../recipes/weightRecipe.ts";
import { memoryTarget } from "./memoryTarget.ts";
import { exportPrunedWeights, type PrunedWeightsOptions } from "./exportPrunedWeights.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("qwen2"));
});
afterAll(() => ctx.gpu.destroy());

const ids = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => (i * 7919) % opened.config.vocab);
const options = (recipe: WeightRecipe): PrunedWeightsOptions => ({
  ids: ids(40),
  receipt: {
    ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: opened.name, licence: "not stated", recipe },
    ...{ calibration: { name: "a text", sha256: "0".repeat(64) }, perplexity: [] },
  },
});

describe.each(["dass", "wanda", "magnitude", "sparsegpt"] as const)("%s", (method) => {
  const recipe: WeightRecipe = { ...DEFAULT_WEIGHT_RECIPE, method, pattern: "2:4" };

  test("its export computes the pruned model's logits and has the zeros of the masks", async () => {
    const pruned = await pruneWeights(ctx, opened.model, { recipe, sequences: [ids(64), ids(50)] });
    const target = memoryTarget();
    const exported = await exportPrunedWeights(ctx, opened, { ...pruned, target }, options(recipe));
    expect({ ok: exported.ok, equalArgmax: exported.equalArgmax }).toEqual({ ok: true, equalArgmax: 1 });
    expect(Object.keys(target.files)).toEqual(expect.arrayContaining(["receipt.json", "README.md", "tokenizer.json"]));
    const weights = await openWeights(memoryFolder("export", target.files));
    let changed = 0;
    for (const mask of pruned.masks) {
      const values = await weights.readFloat32(mask.matrix.name);
      const original = await opened.weights.readFloat32(mask.matrix.name);
      expect(values.every((value, i) => isKept(mask, i) || value === 0)).toBe(true);
      changed += values.reduce((count, value, i) => count + (isKept(mask, i) && value !== original[i] ? 1 : 0), 0);
    }
    expect(changed > 0).toBe(method === "sparsegpt");

    const receipt = readWeightReceipt(new TextDecoder().decode(target.files["receipt.json"]));
    expect([receipt.recipe, receipt.updated]).toEqual([recipe, method === "sparsegpt"]);
    const masks = weightMasksFromReceipt(receipt, opened.config);
    expect(masks).toEqual(pruned.masks);
    if (method !== "sparsegpt" && receipt.sample) {
      // the receipt is enough to make the export again
      const model = await loadModel(ctx, opened.config, maskedReader(opened.weights, opened.config, masks));
      const again = memoryTarget();
      const repeat = { ...options(recipe), sample: receipt.sample };
      expect((await exportPrunedWeights(ctx, opened, { model, masks, target: again }, repeat)).ok).toBe(true);
      expect(again.files["model.safetensors"]).toEqual(target.files["model.safetensors"]);
      model.free();
    }
    pruned.model.free();
  });
});

test("a rounded export of updated weights has the limit of its dtype", async () => {
  const recipe: WeightRecipe = { ...DEFAULT_WEIGHT_RECIPE, method: "sparsegpt", pattern: "50%" };
  const pruned = await pruneWeights(ctx, opened.model, { recipe, sequences: [ids(64), ids(50)] });
  const exported = await exportPrunedWeights(
    ctx,
    opened,
    { ...pruned, target: memoryTarget() },
    {
      ...options(recipe),
      dtype: "BF16",
    },
  );
  expect([exported.ok, exported.dtype]).toEqual([true, "BF16"]);
  expect(exported.largestDifference).toBeGreaterThan(1e-4);
  pruned.model.free();
});
