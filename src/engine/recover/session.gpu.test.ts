// Recoveries on small golden models: nothing is allocated after the second step, checkpoints resume exactly, zeros stay zero, and what does
// not improve is undone.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { openCase } from "../golden/case.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { indexLists, keptOf, zeroMatrix } from "../masks/compact.ts";
import { tensorGates } from "../masks/tensorGates.ts";
import { worstDifference } from "../ops/registry/parity.ts";
import { gateLayout, type Masks } from "../masks/gates.ts";
import { isKept, type WeightMasks } from "../masks/weightMasks.ts";
import { loadModel, type Model } from "../model/load.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { maskedReader } from "../prune/weights/maskedReader.ts";
import { pruneWeights } from "../prune/weights/pruneWeights.ts";
import { DEFAULT_RECOVER_RECIPE, type RecoverRecipe, type RecoverScope } from "../recipes/recoverRecipe.ts";
import { WEIGHT_METHODS } from "../recipes/weightRecipe.ts";
import { decodeRecovery, encodeRecovery } from "./checkpoint.ts";
import { overlaid, type RecoveredValues, recoveredHash } from "./overlay.ts";
import { updatedValues, weightsPruned } from "./recoveredModel.ts";
import { RecoverSession } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

const RECIPE: RecoverRecipe = {
  ...DEFAULT_RECOVER_RECIPE,
  ...{ steps: 12, tokens: 32, matrices: "all", learningRate: 3e-3, measureEvery: 4 },
};

/** What can be trained; the rank is not a multiple of 4, so factors are padded. */
const SCOPES: readonly RecoverScope[] = [{ matrices: "out" }, { matrices: "all" }, { matrices: "all", rank: 6 }];

let ctx: Ctx;
const opened = new Map<string, OpenedModel>();
const texts = new Map<OpenedModel, Uint32Array>();
let sessions: RecoverSession[] = [];
let models: Model[] = [];

beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  for (const name of ["llama", "opt"]) {
    const folder = await goldenFolder(name);
    const made = await openModel(ctx, folder);
    opened.set(name, made);
    texts.set(made, await (await openCase(folder)).ids("train.ids"));
  }
});
afterEach(() => {
  for (const made of [...sessions, ...models]) made.free();
  sessions = [];
  models = [];
});
afterAll(() => ctx.gpu.destroy());

function openedOf(name: string): OpenedModel {
  const found = opened.get(name);
  if (!found) throw new Error(`${name} is not open`);
  return found;
}

/** A real text, which the small model has learnt: on others the dense model is worse than a pruned one. */
const textOf = (from: OpenedModel): Uint32Array => texts.get(from) ?? new Uint32Array();

/** Masks that keep odd widths, so that matrices are padded. */
function masksOf({ config }: OpenedModel): Masks {
  return gateLayout(config).sizes.map((size, vector) =>
    Uint8Array.from({ length: size }, (_, i) => ((i + vector) % 3 === 0 ? 0 : 1)),
  );
}

async function compactOf(from: OpenedModel, weights = from.weights): Promise<Model> {
  const lists = indexLists(masksOf(from));
  const model = await loadModel(ctx, from.config, cutReader(weights, from.config.family, lists), { lists });
  models.push(model);
  return model;
}

interface Made {
  recipe?: Partial<RecoverRecipe>;
  pruned: Model;
}

function sessionOf(
  from: OpenedModel,
  { recipe, pruned }: Made,
  { masks, updated, context = 64 }: { masks?: WeightMasks; updated?: RecoveredValues; context?: number } = {},
): RecoverSession {
  const made = new RecoverSession(ctx, {
    ...{ dense: from.model, pruned, text: textOf(from), context, subject: "test" },
    weights: weightsPruned(from.weights, updated),
    pruning: masks ? { masks } : { lists: indexLists(masksOf(from)) },
    recipe: { ...RECIPE, ...recipe },
  });
  sessions.push(made);
  return made;
}

/** Runs to the end (or for `steps`) and returns the loss of every step. */
async function run(of: RecoverSession, steps?: number): Promise<number[]> {
  const losses: number[] = [];
  await of.run({
    due: () => false,
    onReport: (report) => losses.push(...report.losses),
    ...(steps === undefined ? {} : { steps }),
  });
  return losses;
}

test.each([{}, { rank: 6 }])("after the second step nothing is allocated, compiled or read back: %o", async (scope) => {
  ctx.freeStep(); // buffers of earlier tests, which would be given back after some steps
  const from = openedOf("llama");
  const recipe = { ...scope, measureEvery: 100, steps: 100 };
  const one = sessionOf(from, { pruned: await compactOf(from), recipe });
  await run(one, 2);
  const counts = (): object => ({
    ...{ allocations: ctx.buffers.allocations, created: ctx.kernels.created, bytes: ctx.buffers.bytesInUse },
  });
  const before = counts();
  let reports = 0;
  await one.run({ due: () => false, onReport: () => reports++, steps: 6 });
  expect(one.step).toBe(8);
  expect(counts()).toEqual(before);
  expect(reports).toBe(1);
});

describe.each(["llama", "opt"])("%s", (name) => {
  test.each(SCOPES)(
    "training %o lowers KL and the guard's perplexity; the values make the same model",
    async (scope) => {
      const from = openedOf(name);
      const pruned = await compactOf(from);
      const one = sessionOf(from, { pruned, recipe: { ...scope, steps: 40, measureEvery: 20 } });
      const losses = await run(one);
      const mean = (of: number[]): number => of.reduce((sum, loss) => sum + loss, 0) / of.length;
      expect(losses).toHaveLength(40);
      expect(mean(losses.slice(-5))).toBeLessThan(0.9 * mean(losses.slice(0, 5)));
      expect(one.improved).toBe(true);
      const { guard } = one;
      expect(guard?.best).toBeLessThan(guard?.before ?? 0);
      expect(guard?.lastStep).toBe(40);
      const values = await one.values();
      const biases = [...values.keys()].filter((tensor) => tensor.endsWith(".bias"));
      expect(biases.length > 0).toBe(name === "opt" && !scope.rank);
      const again = await compactOf(from, overlaid(from.weights, values));
      if (guard?.bestStep === 40) {
        const ids = textOf(from).subarray(0, 64);
        const [a, b] = [
          await perplexity(ctx, one.model, ids, { context: 64 }),
          await perplexity(ctx, again, ids, { context: 64 }),
        ];
        expect(Math.abs(a.value / b.value - 1)).toBeLessThan(1e-5);
      }
    },
  );
});

test.each([{}, { rank: 4 }])(
  "resuming gives the same losses and weights as never having stopped: %o",
  async (recipe) => {
    const from = openedOf("opt");
    const pruned = await compactOf(from);
    const whole = sessionOf(from, { pruned, recipe });
    const expected = await run(whole);
    const first = sessionOf(from, { pruned, recipe });
    const begun = await run(first, 5);
    const saved = await first.checkpoint();
    const second = sessionOf(from, { pruned, recipe });
    await second.restore(saved);
    expect([...begun, ...(await run(second))]).toEqual(expected);
    expect(second.guard).toEqual(whole.guard);
    expect(await second.values()).toEqual(await whole.values());
    const other = sessionOf(from, { pruned, recipe: { ...recipe, seed: 9 } });
    await expect(other.restore(saved)).rejects.toThrow(/another model, text or recipe/);
  },
);

test.each([16, 128])("resuming in windows of %i continues in the checkpoint's own", async (context) => {
  const from = openedOf("llama");
  const pruned = await compactOf(from);
  const whole = sessionOf(from, { pruned });
  await run(whole);
  const first = sessionOf(from, { pruned });
  await run(first, 4);
  const second = sessionOf(from, { pruned }, { context });
  await second.restore(await first.checkpoint());
  expect(second.context).toBe(64);
  expect(await second.guardPerplexity(pruned)).toBe(second.guard?.before);
  await run(second);
  expect(second.guard).toEqual(whole.guard);
  expect(await second.values()).toEqual(await whole.values());
});

test("an older checkpoint without its windows is read, and refused where another number of tokens was measured", async () => {
  const from = openedOf("llama");
  const pruned = await compactOf(from);
  const first = sessionOf(from, { pruned });
  await run(first, 4);
  const older = await decodeRecovery(await first.checkpoint());
  delete older.context;
  const same = sessionOf(from, { pruned });
  await same.restore(await encodeRecovery(older));
  expect(same.guard).toEqual(first.guard);
  const { guard } = first;
  if (!guard) throw new Error("expected the guard to have measured");
  const others = encodeRecovery({ ...older, guard: { ...guard, tokens: guard.tokens - 1 } });
  await expect(sessionOf(from, { pruned }).restore(await others)).rejects.toThrow(
    `guard.tokens: expected ${guard.tokens}, in windows of 64, got ${guard.tokens - 1}`,
  );
});

test("pause ends a run after the current step", async () => {
  const from = openedOf("llama");
  const one = sessionOf(from, { pruned: await compactOf(from) });
  await one.run({ due: () => true, onReport: ({ step }) => step >= 3 && one.pause() });
  expect(one.step).toBeLessThan(RECIPE.steps);
  expect(one.finished).toBe(false);
});

test("a recovery that does not improve is undone: its values are those of the pruned model", async () => {
  const from = openedOf("llama");
  const one = sessionOf(from, {
    pruned: await compactOf(from),
    recipe: { learningRate: 0.1, steps: 4, measureEvery: 2 },
  });
  await run(one);
  expect(one.improved).toBe(false);
  expect(one.guard?.last).toBeGreaterThan(one.guard?.before ?? Infinity);
  const lists = indexLists(masksOf(from));
  const reader = cutReader(from.weights, from.config.family, lists);
  const undone = cutReader(overlaid(from.weights, await one.values()), from.config.family, lists);
  for (const tensor of (await one.values()).keys()) {
    expect(await undone.readFloat32(tensor)).toEqual(await reader.readFloat32(tensor));
  }
});

describe.each([{}, { rank: 8 }])("%o", (scope) => {
  test.each(WEIGHT_METHODS)("%s: pruned weights stay exactly 0 and the pattern is intact", async (method) => {
    const from = openedOf("llama");
    const ids = textOf(from).subarray(0, 48);
    const pruned = await pruneWeights(ctx, from.model, { recipe: { method, pattern: "2:4" }, sequences: [ids, ids] });
    models.push(pruned.model);
    const updated = method === "sparsegpt" ? await updatedValues(ctx, pruned.model, pruned.masks) : undefined;
    const one = sessionOf(
      from,
      {
        pruned: pruned.model,
        recipe: { ...scope, steps: 30, measureEvery: 5, learningRate: scope.rank ? 3e-3 : 3e-4 },
      },
      { masks: pruned.masks, ...(updated ? { updated } : {}) },
    );
    await run(one);
    expect(one.improved).toBe(true);
    const values = await one.values();
    for (const mask of pruned.masks) {
      const matrix = values.get(mask.matrix.name) ?? new Float32Array();
      expect(matrix.every((value, i) => isKept(mask, i) || value === 0)).toBe(true);
      expect(matrix.some((value, i) => isKept(mask, i) && value !== 0)).toBe(true);
    }
    const weights = overlaid(from.weights, values);
    const again = await loadModel(ctx, from.config, maskedReader(weights, from.config, pruned.masks));
    models.push(again);
    const found = await perplexity(ctx, again, ids, { context: 48 });
    const expected = await perplexity(ctx, one.model, ids, { context: 48 });
    expect(Math.abs(found.value / expected.value - 1)).toBeLessThan(1e-5);
    expect(await recoveredHash(weights, values)).toMatch(/^[0-9a-f]{64}$/);
    expect(await recoveredHash(weights, values)).not.toBe(await recoveredHash(from.weights, values));
  });
});

test("the adapter of a compact model adds up to its values, and leaves pruned rows and columns at 0", async () => {
  const from = openedOf("opt");
  const lists = indexLists(masksOf(from));
  const one = sessionOf(from, { pruned: await compactOf(from), recipe: { rank: 6 } });
  await run(one);
  expect(one.improved).toBe(true);
  const [values, adapter] = [await one.values(), await one.adapter()];
  expect(adapter?.rank).toBe(6);
  expect([...(adapter?.factors.keys() ?? [])].sort()).toEqual([...values.keys()].sort());
  for (const [name, { a, b, shape }] of adapter?.factors ?? []) {
    const gates = tensorGates(from.config.family, name);
    const base = await from.weights.readFloat32(name);
    const merged = base.map((weight, i) => {
      const [row, col] = [Math.floor(i / (shape[1] ?? 1)), i % (shape[1] ?? 1)];
      return Array.from(
        { length: 6 },
        (_, k) => (b[row * 6 + k] ?? NaN) * (a[k * (shape[1] ?? 1) + col] ?? NaN),
      ).reduce((sum, x) => sum + x, weight);
    });
    const zeroed = (of: Float32Array<ArrayBuffer>): Float32Array =>
      new Float32Array(
        zeroMatrix(new Uint8Array(of.slice().buffer), "F32", shape, gates ? keptOf(gates, lists) : {}).buffer,
      );
    expect(worstDifference(zeroed(merged), values.get(name) ?? [])).toBeLessThan(1e-6);
    expect(worstDifference(zeroed(base), values.get(name) ?? [])).toBeGreaterThan(1e-4);
    const kept = zeroed(new Float32Array(base.length).fill(1));
    // outside the kept rows and columns the product itself is 0
    expect(merged.every((value, i) => kept[i] === 1 || value === base[i])).toBe(true);
  }
});

test("adapters of pruned single weights are no adapter of low rank", async () => {
  const from = openedOf("llama");
  const ids = textOf(from).subarray(0, 48);
  const pruned = await pruneWeights(ctx, from.model, { recipe: { method: "wanda", pattern: "2:4" }, sequences: [ids] });
  models.push(pruned.model);
  const one = sessionOf(from, { pruned: pruned.model, recipe: { rank: 4, steps: 1 } }, { masks: pruned.masks });
  expect(await one.adapter()).toBeUndefined();
});
