// Refits of small golden models: equal to least squares in f64, better on the guard, zeros stay zero, and what does not improve is undone.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { perplexity } from "../../evaluate/perplexity.ts";
import { openCase } from "../../golden/case.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { indexLists } from "../../masks/compact.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { isKept } from "../../masks/weightMasks.ts";
import { runBlock } from "../../model/block.ts";
import { embedTokens } from "../../model/decoder.ts";
import { loadModel, type Model } from "../../model/load.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { copyInto } from "../../ops/arithmetic.ts";
import { cutReader } from "../../prune/gates/cutReader.ts";
import { maskedReader } from "../../prune/weights/maskedReader.ts";
import { pruneWeights } from "../../prune/weights/pruneWeights.ts";
import { RECOVER_MATRICES } from "../../recipes/recoverRecipe.ts";
import { DEFAULT_REFIT_RECIPE, type RefitRecipe } from "../../recipes/refitRecipe.ts";
import { WEIGHT_METHODS } from "../../recipes/weightRecipe.ts";
import type { Tensor } from "../../tensor.ts";
import { batchOf } from "../../train/batches.ts";
import { guardedText, guardPerplexity } from "../guard.ts";
import { overlaid } from "../overlay.ts";
import { refit } from "./refit.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

const CONTEXT = 64;
const RECIPE: RefitRecipe = { ...DEFAULT_REFIT_RECIPE, sequences: 24, tokens: 48 };

let ctx: Ctx;
const opened = new Map<string, OpenedModel>();
const texts = new Map<OpenedModel, Uint32Array>();
let models: Model[] = [];

beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterEach(() => {
  for (const made of models) made.free();
  models = [];
});
afterAll(() => ctx.gpu.destroy());

async function openedOf(name: string): Promise<OpenedModel> {
  const known = opened.get(name);
  if (known) return known;
  const folder = await goldenFolder(name);
  const made = await openModel(ctx, folder);
  opened.set(name, made);
  texts.set(made, await (await openCase(folder)).ids("train.ids"));
  return made;
}

const textOf = (from: OpenedModel): Uint32Array => texts.get(from) ?? new Uint32Array();

/** Masks that keep odd widths, so that matrices are padded; `every` of 0 keeps everything. */
function masksOf({ config }: OpenedModel, every = 3): Masks {
  return gateLayout(config).sizes.map((size, vector) =>
    Uint8Array.from({ length: size }, (_, i) => (every > 0 && (i + vector) % every === 0 ? 0 : 1)),
  );
}

async function compactOf(from: OpenedModel, masks: Masks, weights = from.weights): Promise<Model> {
  const lists = indexLists(masks);
  const model = await loadModel(ctx, from.config, cutReader(weights, from.config.family, lists), { lists });
  models.push(model);
  return model;
}

/** Refits a compact model. */
async function refitted(from: OpenedModel, change: Partial<RefitRecipe> = {}, masks = masksOf(from)) {
  const pruned = await compactOf(from, masks);
  const input = { dense: from.model, pruned, text: textOf(from), context: CONTEXT };
  const pruning = { lists: indexLists(masks) };
  const result = await refit(ctx, { ...input, pruning, recipe: { ...RECIPE, ...change } });
  return { ...result, pruned, lists: pruning.lists };
}

describe.each(["llama", "opt", "phi", "qwen2"])("%s", (name) => {
  test.each(RECOVER_MATRICES)(
    "a refit of %s matrices lowers the guard's perplexity; the values make the same model",
    async (matrices) => {
      const from = await openedOf(name);
      const { guard, values, pruned } = await refitted(from, { matrices });
      if (!values) throw new Error("expected an improvement");
      expect(guard.best).toBeLessThan(0.98 * guard.before);
      const again = await compactOf(from, masksOf(from), overlaid(from.weights, values));
      const { guard: slice } = guardedText(textOf(from), CONTEXT);
      expect((await perplexity(ctx, again, slice, { context: CONTEXT })).value / guard.best).toBeCloseTo(1, 4);
      expect((await perplexity(ctx, pruned, slice, { context: CONTEXT })).value / guard.before).toBeCloseTo(1, 5);
    },
  );
});

test("norms after the residual adds: the refitted model is nearer to the dense one, which knows no more of the text here", async () => {
  const from = await openedOf("opt350");
  const { guard } = await refitted(from);
  const dense = await guardPerplexity(ctx, from.model, guardedText(textOf(from), CONTEXT));
  expect(Math.abs(guard.last - dense)).toBeLessThan(0.9 * Math.abs(guard.before - dense));
});

/** Reads a layer's input and output, and the stream that the output joins, of one sequence in block 0. */
async function readLayer(model: Model, ids: Uint32Array, layer: "o" | "down") {
  const kept: Record<string, Tensor> = {};
  ctx.step(() => {
    const x = embedTokens(ctx, model, ctx.upload(ids, [ids.length], "ids"));
    const { selection } = model;
    runBlock(ctx, model, x, {
      ...{ block: 0, selection },
      onLinear: (at, pass) => {
        if (at !== layer) return;
        for (const [key, tensor] of Object.entries(pass)) {
          kept[key] ??= ctx.persistent(key, (tensor as Tensor).shape);
          copyInto(ctx, kept[key], tensor as Tensor);
        }
      },
    });
  });
  const read = async (key: string): Promise<{ data: Float32Array; cols: number }> => {
    const tensor = kept[key];
    if (!tensor) throw new Error(`the layer has no ${key}`);
    return { data: await ctx.read(tensor), cols: tensor.shape[1] ?? 0 };
  };
  const found = { x: await read("x"), y: await read("y"), stream: await read("stream") };
  ctx.free(...Object.values(kept));
  return found;
}

test("o of the first block solves the normal equations of the residual target, summed in f64 from what both models compute", async () => {
  const from = await openedOf("llama");
  const recipe = { ...RECIPE, matrices: "out" as const };
  const { values, pruned, lists } = await refitted(from, recipe);
  const name = "model.layers.0.self_attn.o_proj.weight";
  const found = values?.get(name);
  const before = await from.weights.readFloat32(name);
  if (!found) throw new Error("expected an improvement");
  const [, kept = new Uint32Array()] = lists;
  const cols = from.config.heads * from.config.headDim;
  const gram = new Float64Array(cols * cols);
  const cross = new Float64Array(kept.length * cols);
  const { training } = guardedText(textOf(from), CONTEXT);
  for (let i = 0; i < recipe.sequences; i++) {
    const ids = batchOf(training, recipe.tokens, recipe.seed, i);
    const [dense, cut] = [await readLayer(from.model, ids, "o"), await readLayer(pruned, ids, "o")];
    const d = from.config.dModel;
    for (let t = 0; t < ids.length; t++) {
      const x = cut.x.data.subarray(t * cols, (t + 1) * cols);
      for (let a = 0; a < cols; a++) for (let b = 0; b < cols; b++) gram[a * cols + b]! += x[a]! * x[b]!;
      kept.forEach((dim, row) => {
        const target = dense.stream.data[t * d + dim]! + dense.y.data[t * d + dim]!;
        const missing = target - cut.stream.data[t * d + dim]! - cut.y.data[t * cut.y.cols + row]!;
        for (let a = 0; a < cols; a++) cross[row * cols + a]! += missing * x[a]!;
      });
    }
  }
  let trace = 0;
  for (let a = 0; a < cols; a++) trace += gram[a * cols + a]!;
  const rho = (recipe.ridge * trace) / cols;
  const largest = Math.max(...cross.map(Math.abs));
  let moved = 0;
  kept.forEach((dim, row) => {
    const change = Float64Array.from({ length: cols }, (_, a) => found[dim * cols + a]! - before[dim * cols + a]!);
    moved = Math.max(moved, ...change.map(Math.abs));
    for (let a = 0; a < cols; a++) {
      let sum = rho * change[a]!;
      for (let b = 0; b < cols; b++) sum += change[b]! * gram[b * cols + a]!;
      expect(Math.abs(sum - cross[row * cols + a]!)).toBeLessThan(1e-3 * largest);
    }
  });
  expect(moved).toBeGreaterThan(1e-3);
});

test("a model of which everything is kept stays as it is", async () => {
  const from = await openedOf("llama");
  const masks = masksOf(from, 0);
  const { guard, values } = await refitted(from, { matrices: "all" }, masks);
  expect(guard.last / guard.before).toBeCloseTo(1, 5);
  for (const [name, found] of values ?? []) {
    const before = await from.weights.readFloat32(name);
    expect(Math.max(...found.map((value, i) => Math.abs(value - before[i]!)))).toBeLessThan(1e-4);
  }
});

test("a refit that does not improve is undone", async () => {
  const { guard, values } = await refitted(await openedOf("llama"), { sequences: 1, tokens: 4, ridge: 1e-4 });
  expect(guard.last).toBeGreaterThan(guard.before);
  expect(guard).toMatchObject({ bestStep: 0, lastStep: 1 });
  expect(values).toBeUndefined();
});

test("progress counts every unit, and a stop frees the memory", async () => {
  const from = await openedOf("llama");
  const pruned = await compactOf(from, masksOf(from));
  const input = { dense: from.model, pruned, pruning: { lists: indexLists(masksOf(from)) } };
  const rest = { text: textOf(from), context: CONTEXT, recipe: { ...RECIPE, sequences: 3 } };
  const seen: (readonly [number, number])[] = [];
  const options = { onProgress: (done: number, of: number) => seen.push([done, of]) };
  await refit(ctx, { ...input, ...rest }, options);
  expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
  expect(seen.map(([done]) => done)).toEqual(seen.map((_, i) => i + 1));
  ctx.freeStep();
  const bytes = ctx.buffers.bytesInUse;
  let calls = 0;
  const stopped = refit(ctx, { ...input, ...rest }, { cancelled: () => ++calls > 20 });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  ctx.freeStep();
  expect(ctx.buffers.bytesInUse).toBeLessThanOrEqual(bytes + 100_000); // uniforms are kept
});

test.each(WEIGHT_METHODS)("%s: pruned weights stay exactly 0, the others are refitted", async (method) => {
  const from = await openedOf("llama");
  const sequences = Array.from({ length: 4 }, (_, i) => batchOf(textOf(from), 48, 1, i));
  const { model: pruned, masks } = await pruneWeights(ctx, from.model, {
    recipe: { method, pattern: "2:4" },
    sequences,
  });
  models.push(pruned);
  const input = { dense: from.model, pruned, pruning: { masks }, text: textOf(from), context: CONTEXT };
  const { guard, values } = await refit(ctx, { ...input, recipe: RECIPE });
  if (!values) throw new Error(`expected an improvement, got ${guard.last} after ${guard.before}`);
  for (const mask of masks) {
    const matrix = values.get(mask.matrix.name) ?? new Float32Array();
    expect(matrix.every((value, i) => isKept(mask, i) || value === 0)).toBe(true);
    expect(matrix.filter((value, i) => isKept(mask, i) && value !== 0).length).toBeGreaterThan(0.45 * matrix.length);
  }
  const again = await loadModel(ctx, from.config, maskedReader(overlaid(from.weights, values), from.config, masks));
  models.push(again);
  const { guard: slice } = guardedText(textOf(from), CONTEXT);
  expect((await perplexity(ctx, again, slice, { context: CONTEXT })).value / guard.best).toBeCloseTo(1, 4);
});
