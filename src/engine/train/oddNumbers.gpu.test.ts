// Numbers at the edges of what the engine may meet, each with its defined result: weights that are not finite or all zero, ratios near 0
// and 1, texts shorter than a window or a step, and a text of one repeated token.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import type { Folder } from "../formats/files/folder.ts";
import { SINGLE_FILE } from "../formats/safetensors/safetensors.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { architectureOf } from "../masks/architecture.ts";
import { budgetOf } from "../masks/budget.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout, sharingOf } from "../masks/gates.ts";
import { keptOfMasks } from "../masks/weightMasks.ts";
import { namingSpoilt } from "../model/spoiltTensor.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { compactModel } from "../prune/gates/modelOfMasks.ts";
import { pruneWeights } from "../prune/weights/pruneWeights.ts";
import { DEFAULT_RECIPE, RECIPE_BOUNDS, type Recipe } from "../recipes/recipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../recipes/refitRecipe.ts";
import { WEIGHT_METHODS } from "../recipes/weightRecipe.ts";
import { refit } from "../recover/refit/refit.ts";
import { Session } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

const TOKENS = 32;
const CONTEXT = 64;

let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

const text = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => (i * 7919) % 256);
const measured = async ({ model }: Pick<OpenedModel, "model">, ids = text(200)): Promise<number> =>
  (await perplexity(ctx, model, ids, { context: CONTEXT })).value;

/** The gate logits after a few steps; every loss that was reported is finite. */
async function trained({ model }: OpenedModel, ids: Uint32Array, recipe: Partial<Recipe> = {}) {
  const all = { ...DEFAULT_RECIPE, tokens: TOKENS, steps: 3, ...recipe };
  const session = new Session(ctx, model, { recipe: all, text: ids, subject: "odd numbers" });
  try {
    const losses: number[] = [];
    await session.run({ due: () => true, onReport: ({ metrics }) => losses.push(...metrics.loss) });
    expect(losses).toHaveLength(3);
    expect(losses.every(Number.isFinite)).toBe(true);
    return await session.logits();
  } finally {
    session.free();
  }
}

/** The golden model with the values of some tensors changed in its file. */
async function changed(change: (name: string, values: Float32Array) => void): Promise<Folder> {
  const folder = await goldenFolder("llama");
  const source = await folder.open(SINGLE_FILE);
  const bytes = (await source.read(0, source.size)).slice();
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  for (const [name, { dtype, data_offsets: at }] of Object.entries(header)) {
    if (dtype !== "F32") continue;
    change(name, new Float32Array(bytes.buffer, 8 + length + at[0], (at[1] - at[0]) / 4));
  }
  const others = folder.list().filter((name) => name !== SINGLE_FILE && name.endsWith("json"));
  const files = await Promise.all(
    others.map(async (name) => {
      const file = await folder.open(name);
      return [name, await file.read(0, file.size)] as const;
    }),
  );
  return memoryFolder("changed", { ...Object.fromEntries(files), [SINGLE_FILE]: bytes });
}

test.each([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
])("a weight of %s opens, and the refusal of a perplexity names its tensor", async (shown, value) => {
  const spoilt = await openModel(
    ctx,
    await changed((name, values) => {
      if (name === "model.layers.1.mlp.up_proj.weight") values[70] = value;
    }),
  );
  const cause = `model.layers.1.mlp.up_proj.weight is ${shown} at position 70. Fetch the model again.`;
  await expect(namingSpoilt(spoilt.weights, () => measured(spoilt))).rejects.toMatchObject({
    code: "not-finite",
    message: `The loss of tokens 0 to 64 is NaN. The model's weights may be damaged. ${cause}`,
  });
  spoilt.model.free();
});

test("a block of zeros is measured, trained and pruned in every way", async () => {
  const zeros = await openModel(
    ctx,
    await changed((name, values) => {
      if (name.startsWith("model.layers.1.")) values.fill(0);
    }),
  );
  expect(await measured(zeros)).toBeGreaterThan(1);
  const logits = await trained(zeros, text(200));
  expect(logits.every(Number.isFinite)).toBe(true);
  for (const method of WEIGHT_METHODS) {
    const recipe = { method, pattern: "2:4" };
    const pruned = await pruneWeights(ctx, zeros.model, { recipe, sequences: [text(40)] });
    const { kept, of } = keptOfMasks(pruned.masks);
    expect(kept / of, method).toBe(0.5);
    expect(await measured({ model: pruned.model }), method).toBeGreaterThan(1);
    pruned.model.free();
  }
  zeros.model.free();
});

test("at keep 1 nothing is removed, and at the lowest the budget still holds", async () => {
  const { config } = opened;
  const layout = gateLayout(config);
  const budget = budgetOf(config);
  for (const ratio of [1, RECIPE_BOUNDS.ratio.min]) {
    const logits = await trained(opened, text(200), { ratio });
    const sharing = sharingOf(DEFAULT_RECIPE, layout);
    const { masks, keptWeights } = architectureOf(logits, { layout, budget, ratio, sharing });
    expect(keptWeights / budget.blockWeights).toBeLessThanOrEqual(ratio);
    expect(keptWeights / budget.blockWeights).toBeGreaterThan(ratio - 0.01);
    const model = await compactModel(ctx, opened, masks);
    const value = await measured({ model });
    if (ratio === 1) expect(value / (await measured(opened))).toBeCloseTo(1, 6);
    else expect(value).toBeGreaterThan(1);
    model.free();
  }
});

test("texts shorter than a window are one window; those shorter than a step or of one token are refused by number", async () => {
  expect(await perplexity(ctx, opened.model, text(5), { context: CONTEXT })).toMatchObject({ tokens: 5, scored: 4 });
  await expect(measured(opened, text(1))).rejects.toThrow("evaluation text: expected at least 2 tokens, got 1.");
  await expect(trained(opened, text(TOKENS - 1))).rejects.toThrow(
    `calibration text: expected at least ${TOKENS} tokens, got ${TOKENS - 1}. Choose a longer text or fewer tokens per step.`,
  );
});

test("one repeated token gives finite losses, all methods of single weights, and a refit", async () => {
  const same = new Uint32Array(400).fill(7);
  expect(await measured(opened, same)).toBeGreaterThanOrEqual(1);
  expect((await trained(opened, same)).every(Number.isFinite)).toBe(true);
  for (const method of WEIGHT_METHODS) {
    const recipe = { method, pattern: "50%" };
    const pruned = await pruneWeights(ctx, opened.model, { recipe, sequences: [same.subarray(0, 40)] });
    expect(await measured({ model: pruned.model }), method).toBeGreaterThan(1);
    pruned.model.free();
  }
  const lists = indexLists(gateLayout(opened.config).sizes.map((size) => new Uint8Array(size).fill(1, 0, size >> 1)));
  const masks = gateLayout(opened.config).sizes.map((size) => new Uint8Array(size).fill(1, 0, size >> 1));
  const pruned = await compactModel(ctx, opened, masks);
  const { guard } = await refit(ctx, {
    ...{ dense: opened.model, pruned, pruning: { lists }, text: same, context: CONTEXT },
    recipe: { ...DEFAULT_REFIT_RECIPE, sequences: 4, tokens: 32 },
  });
  expect(Number.isFinite(guard.before)).toBe(true);
  expect(guard.best).toBeLessThanOrEqual(guard.before);
  pruned.free();
});
