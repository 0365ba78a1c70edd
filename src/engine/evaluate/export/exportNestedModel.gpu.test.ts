// Several ratios as one export: each, cut out of the written model, computes its masked model's logits; damaged lists are not offered.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { NESTED_FILE, NESTED_LISTS_FILE } from "../../formats/export/exportNested.ts";
import { readNested } from "../../formats/export/readNested.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { budgetOf } from "../../masks/budget.ts";
import { gateLayout } from "../../masks/gates.ts";
import { nestedArchitectures } from "../../masks/nestedness.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import type { ExportGatesOptions } from "./exportGates.ts";
import { exportNestedModel, type NestedMember } from "./exportNestedModel.ts";
import { memoryTarget } from "./memoryTarget.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

const text = { name: "a text", sha256: "0".repeat(64) };
const options = ({ config }: OpenedModel): ExportGatesOptions => ({
  ids: Uint32Array.from({ length: 64 }, (_, i) => (i * 37) % config.vocab),
  receipt: {
    ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: "a model", licence: "not stated" },
    ...{ recipe: DEFAULT_RECIPE, target: { ratio: "block weights kept", value: 0.8 }, trainedSteps: 1 },
    ...{ calibration: text, perplexity: [] },
  },
});

/** Architectures of gate logits that change with the ratio, so that they would not be nested by themselves. */
function membersOf({ config }: OpenedModel): NestedMember[] {
  const layout = gateLayout(config);
  const made = [0.8, 0.4, 0.6].map((ratio) => ({
    ratio,
    logits: Float32Array.from({ length: layout.length }, (_, i) => 2 * Math.sin(7 * i) + Math.sin(13 * i + 9 * ratio)),
  }));
  return nestedArchitectures(made, layout, budgetOf(config)).map(({ masks }, i) => ({
    ...{ ratio: made[i]?.ratio ?? 0, masks },
    perplexity: [{ text, context: 64, tokens: 64, beginToken: false, dense: 10, pruned: 20 }],
  }));
}

test.each(["llama", "opt", "phi"])("%s: every ratio is cut out of the written model", async (name) => {
  const opened = await openModel(ctx, await goldenFolder(name));
  const target = memoryTarget();
  const { exported, ratios } = await exportNestedModel(
    ctx,
    opened,
    { members: membersOf(opened), target },
    options(opened),
  );
  opened.model.free();
  expect(exported).toMatchObject({ form: "compact", ok: true, equalArgmax: 1, tokens: 64 });
  expect(exported.largestDifference).toBeLessThan(1e-4);
  expect(ratios.map(({ ratio }) => ratio)).toEqual([0.4, 0.6, 0.8]);
  for (const { ratio, blockWeights } of ratios) {
    expect(blockWeights.kept / blockWeights.of).toBeLessThanOrEqual(ratio);
    expect(blockWeights.kept / blockWeights.of).toBeGreaterThan(ratio - 0.01);
  }
  const read = await readNested(await target.folder());
  expect(read.ratios).toMatchObject(ratios);
  expect(exported.files.map((file) => file.name)).toEqual(expect.arrayContaining([NESTED_FILE, NESTED_LISTS_FILE]));
  const written = Object.values(target.files).reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect([exported.files.length, exported.bytes]).toEqual([Object.keys(target.files).length, written]);
  expect(new TextDecoder().decode(target.files["README.md"])).toContain("## Several ratios in one");
});

test("a rounded export is compared with weights rounded alike", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const chosen = { ...options(opened), dtype: "F16" as const };
  const { exported, ratios } = await exportNestedModel(
    ctx,
    opened,
    { members: membersOf(opened), target: memoryTarget() },
    chosen,
  );
  opened.model.free();
  expect([exported.ok, exported.reason, ratios.length]).toEqual([true, undefined, 3]);
});

/** The reason why an export is not offered whose lists, or the weights beside them, are damaged. */
async function reasonAfter(damage: (lists: Uint8Array, weights: Uint8Array) => void): Promise<string | undefined> {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const target = memoryTarget((file, bytes) => {
    if (file.name === NESTED_LISTS_FILE) damage(bytes, target.files["model.safetensors"] ?? new Uint8Array());
  });
  const { exported, ratios } = await exportNestedModel(
    ctx,
    opened,
    { members: membersOf(opened), target },
    options(opened),
  );
  opened.model.free();
  expect([exported.ok, ratios, Object.keys(target.files)]).toEqual([false, [], []]);
  return exported.reason;
}

test("damaged lists or weights are not offered, and nothing stays", async () => {
  expect(await reasonAfter((lists) => lists.fill(0x7f, lists.length - 4))).toMatch(
    /keep-0\.80\.\S+s5: expected ascending/,
  );
  expect(await reasonAfter((_, weights) => weights.fill(0x3c, weights.length - 200))).toMatch(
    /keep-0\.40: its logits differ by up to [\d.e+]+, more than/,
  );
});
