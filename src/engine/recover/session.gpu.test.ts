// Recoveries on small golden models: nothing is allocated after the second step, checkpoints resume exactly, zeros stay zero, and what does
// not improve is undone.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { openCase } from "../golden/case.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { Gpu } from "../gpu/device.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout, type Masks } from "../masks/gates.ts";
import { isKept } from "../masks/weightMasks.ts";
import { loadModel, type Model } from "../model/load.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { maskedReader } from "../prune/weights/maskedReader.ts";
import { pruneWeights } from "../prune/weights/pruneWeights.ts";
import { DEFAULT_RECOVER_RECIPE, RECOVER_MATRICES, type RecoverRecipe } from "../recipes/recoverRecipe.ts";
import { WEIGHT_METHODS } from "../recipes/weightRecipe.ts";
import { overlaid, recoveredHash } from "./overlay.ts";
import { RecoverSession } from "./session.ts";

const RECIPE: RecoverRecipe = {
  ...DEFAULT_RECOVER_RECIPE,
  ...{ steps: 12, tokens: 32, matrices: "all", learningRate: 3e-3, measureEvery: 4 },
};

let ctx: Ctx;
const opened = new Map<string, OpenedModel>();
const texts = new Map<OpenedModel, Uint32Array>();
let sessions: RecoverSession[] = [];
let models: Model[] = [];

beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
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
  masks?: Awaited<ReturnType<typeof pruneWeights>>["masks"],
): RecoverSession {
  const made = new RecoverSession(ctx, {
    ...{ dense: from.model, pruned, text: textOf(from), context: 64, subject: "test" },
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

test("after the second step nothing is allocated, compiled or bound, and nothing is read back", async () => {
  const from = openedOf("llama");
  const one = sessionOf(from, { pruned: await compactOf(from), recipe: { measureEvery: 100, steps: 100 } });
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
  test.each(RECOVER_MATRICES)(
    "training %s lowers KL and the guard's perplexity; the values make the same model",
    async (matrices) => {
      const from = openedOf(name);
      const pruned = await compactOf(from);
      const one = sessionOf(from, { pruned, recipe: { matrices, steps: 40, measureEvery: 20 } });
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
      expect(biases.length > 0).toBe(name === "opt");
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

test("resuming from a checkpoint gives the same losses and weights as never having stopped", async () => {
  const from = openedOf("opt");
  const pruned = await compactOf(from);
  const whole = sessionOf(from, { pruned });
  const expected = await run(whole);
  const first = sessionOf(from, { pruned });
  const begun = await run(first, 5);
  const saved = await first.checkpoint();
  const second = sessionOf(from, { pruned });
  await second.restore(saved);
  expect([...begun, ...(await run(second))]).toEqual(expected);
  expect(second.guard).toEqual(whole.guard);
  expect(await second.values()).toEqual(await whole.values());
  const other = sessionOf(from, { pruned, recipe: { seed: 9 } });
  await expect(other.restore(saved)).rejects.toThrow(/another model, text or recipe/);
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

test.each(WEIGHT_METHODS)("%s: pruned weights stay exactly 0 and the pattern is intact", async (method) => {
  const from = openedOf("llama");
  const ids = textOf(from).subarray(0, 48);
  const pruned = await pruneWeights(ctx, from.model, { recipe: { method, pattern: "2:4" }, sequences: [ids, ids] });
  models.push(pruned.model);
  const one = sessionOf(
    from,
    { pruned: pruned.model, recipe: { steps: 30, measureEvery: 5, learningRate: 3e-4 } },
    pruned.masks,
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
