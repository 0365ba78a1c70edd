// Recovery in the worker, on a golden model: structural pruning and single weights, the recovered model, a stop, and exports with its receipt.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCase } from "../../engine/golden/case.ts";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  Ctx,
  DEFAULT_REFIT_RECIPE,
  DEFAULT_WEIGHT_RECIPE,
  isKept,
  openModel,
  type OpenedModel,
  tokenLosses,
  type WeightRecipe,
} from "../../engine/index.ts";
import { guardedText, guardPerplexity } from "../../engine/recover/guard.ts";
import { compareLosses } from "../measure/compareLosses.ts";
import type { GuardReading, RecoverSettings } from "../payloads/recovery.ts";
import type { EncodedText } from "../storage/texts.ts";
import { madeGates } from "./madeGates.fixture.ts";
import { idOf, type Pruned, unrecovered } from "./pruned.ts";
import { loadPruned } from "./prunedModel.ts";
import { recoverPruning } from "./recovery.ts";
import { refitPruning } from "./refit.ts";
import { recoverySubject } from "./recoveryFile.ts";
import { recordOf } from "./runRecords.ts";
import { pruneMlp } from "./weightPruning.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const CONTEXT = 64;
const SHA = "0".repeat(64);
const CHOICE: RecoverSettings = { steps: 24, matrices: "all", seed: 1 };
/** Fewer sequences than usual, for the sake of time. */
const REFIT = { ...DEFAULT_REFIT_RECIPE, sequences: 24, tokens: 48 };
const LOW_RANK: RecoverSettings = { ...CHOICE, rank: 8 };
const REST = { text: { name: "t", sha256: SHA }, context: CONTEXT, tokens: 300, beginToken: false };
const BEFORE = { ...REST, value: 30 };

let ctx: Ctx;
let opened: OpenedModel;
let text: EncodedText;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  const folder = await goldenFolder("llama");
  opened = await openModel(ctx, folder);
  text = { name: "train.txt", sha256: SHA, ids: await (await openCase(folder)).ids("train.ids") };
});
afterAll(() => ctx.gpu.destroy());

const gates = (): Pruned => madeGates(opened.config, 0.5, REST.text);

/** Recovers, and frees the pruned model. */
async function recovered(
  pruned: Pruned,
  model = loadPruned(ctx, opened, pruned),
  { stopAt = Infinity, choice = CHOICE } = {},
) {
  const readings: GuardReading[] = [];
  let last = 0;
  const made = await model;
  const result = await recoverPruning(
    ctx,
    { opened, pruned, model: made, choice, text, context: CONTEXT, before: BEFORE, subject: "s" },
    {
      onStep: (step) => (last = step),
      onGuard: (reading) => readings.push(reading),
      cancelled: () => readings.length > stopAt,
      pausing: () => false,
      onCheckpoint: () => Promise.resolve(),
    },
  );
  made.free();
  return { ...result, readings, last };
}

/** Perplexity of the guard's slice under a pruning whose model is made anew. */
async function guardOf(pruned: Pruned): Promise<number> {
  const model = await loadPruned(ctx, opened, pruned);
  const value = await guardPerplexity(ctx, model, guardedText(text.ids, CONTEXT));
  model.free();
  return value;
}

test("an architecture recovers: the best weights are a pruning of their own, and the one before stays", async () => {
  const pruned = gates();
  const { facts, recovered: after, readings, last } = await recovered(pruned);
  expect(last).toBe(24);
  expect(facts).toMatchObject({ step: 24, undone: false, before: BEFORE });
  expect(facts.recipe).toMatchObject({ steps: 24, matrices: "all", measureEvery: 4 });
  expect(readings.map(({ step }) => step)).toEqual([0, 4, 8, 12, 16, 20, 24]);
  expect(new Set(readings.map(({ dense }) => dense)).size).toBe(1);
  if (after?.kind !== "gates" || !after.recovery) throw new Error("expected a recovered architecture");
  expect(facts.guard.best).toBeLessThan(facts.guard.before);
  expect(await guardOf(after)).toBeCloseTo(facts.guard.best, 3);
  expect(await guardOf(after.recovery.before)).toBeCloseTo(facts.guard.before, 3);
  expect(idOf(after)).not.toEqual(idOf(pruned));
  expect(after.architecture.run).not.toBe("made");
  expect(after.masks).toEqual(pruned.masks);
  expect(after.recovery).toMatchObject({ reading: BEFORE, guard: { after: facts.guard.best } });
  expect(after.recovery.weightsSha256).toMatch(/^[0-9a-f]{64}$/);
});

test("an architecture recovers by adapters, which are kept for its export", async () => {
  const { facts, recovered: after } = await recovered(gates(), undefined, { choice: LOW_RANK });
  expect(facts.recipe).toMatchObject({ matrices: "all", rank: 8 });
  expect(facts.undone).toBe(false);
  if (after?.kind !== "gates") throw new Error("expected a recovered architecture");
  expect(await guardOf(after)).toBeCloseTo(facts.guard.best, 3);
  expect(after.recovery?.recipe?.rank).toBe(8);
  expect(after.adapter?.rank).toBe(8);
  expect([...(after.adapter?.factors.keys() ?? [])].sort()).toEqual([...(after.values?.keys() ?? [])].sort());
});

test.each([
  ["dass", CHOICE],
  ["sparsegpt", CHOICE],
  ["sparsegpt", LOW_RANK],
] as const)("%s recovers, and its zeros stay: %o", async (method, choice) => {
  const recipe: WeightRecipe = { ...DEFAULT_WEIGHT_RECIPE, method, sequences: 4, tokens: CONTEXT };
  const watch = { onProgress: () => undefined, cancelled: () => false };
  const { pruned, model } = await pruneMlp(ctx, opened, { text, recipe }, watch);
  const { facts, recovered: after } = await recovered(pruned, Promise.resolve(model), { choice });
  if (after?.kind !== "weights" || !after.recovery || !after.values) throw new Error("expected recovered weights");
  expect(await guardOf(after)).toBeCloseTo(facts.guard.best, 3);
  expect(after.adapter).toBeUndefined();
  // SparseGPT's own weights too, which its masks do not give again.
  expect(await guardOf(after.recovery.before)).toBeCloseTo(facts.guard.before, 3);
  for (const mask of after.masks) {
    const values = after.values.get(mask.matrix.name);
    expect(values?.every((value, i) => value === 0 || isKept(mask, i))).toBe(true);
  }
});

/** Refits, and frees the pruned model. */
async function refitted(pruned: Pruned, model = loadPruned(ctx, opened, pruned), cancelled = () => false) {
  const made = await model;
  const work = { opened, pruned, model: made, text, context: CONTEXT, before: BEFORE, recipe: REFIT };
  try {
    return await refitPruning(ctx, work, { onProgress: () => undefined, cancelled });
  } finally {
    made.free();
  }
}

test("an architecture is refitted, and then recovered: the recipes of both are known, and both can be undone", async () => {
  const pruned = gates();
  const { facts, recovered: after } = await refitted(pruned);
  expect(facts).toMatchObject({ step: 0, undone: false, before: BEFORE, refit: REFIT });
  expect(facts).not.toHaveProperty("recipe");
  if (!after?.recovery) throw new Error("expected a refitted architecture");
  expect(await guardOf(after)).toBeCloseTo(facts.guard.best, 2);
  expect(after.recovery).toMatchObject({
    refit: REFIT,
    before: pruned,
    guard: { after: facts.guard.best },
  });
  expect(after.recovery).not.toHaveProperty("recipe");
  expect(idOf(after)).not.toEqual(idOf(pruned));

  const both = await recovered(after);
  if (!both.recovered?.recovery) throw new Error("expected a recovered architecture");
  const { recovery } = both.recovered;
  expect(both.facts).toMatchObject({ refit: REFIT, recipe: { steps: 24 } });
  expect(recovery).toMatchObject({ refit: REFIT, recipe: { steps: 24 } });
  expect(recovery.guard.before).toBe(facts.guard.before);
  expect(recovery.guard.after).toBeLessThan(facts.guard.best);
  expect(await guardOf(both.recovered)).toBeCloseTo(both.facts.guard.best, 2);
  expect(recovery.before).toBe(after);
  expect(unrecovered(both.recovered)).toBe(pruned);
});

test("SparseGPT is refitted, and its zeros stay; a stop leaves nothing", async () => {
  const recipe: WeightRecipe = { ...DEFAULT_WEIGHT_RECIPE, method: "sparsegpt", sequences: 4, tokens: CONTEXT };
  const watch = { onProgress: () => undefined, cancelled: () => false };
  const { pruned, model } = await pruneMlp(ctx, opened, { text, recipe }, watch);
  const { facts, recovered: after } = await refitted(pruned, Promise.resolve(model));
  if (after?.kind !== "weights" || !after.recovery || !after.values) throw new Error("expected refitted weights");
  expect(await guardOf(after)).toBeCloseTo(facts.guard.best, 2);
  expect(await guardOf(after.recovery.before)).toBeCloseTo(facts.guard.before, 2);
  for (const mask of after.masks) {
    const values = after.values.get(mask.matrix.name);
    expect(values?.every((value, i) => value === 0 || isKept(mask, i))).toBe(true);
  }
  await expect(refitted(gates(), undefined, () => true)).rejects.toMatchObject({ code: "cancelled" });
});

test("a stop keeps what the guard has measured so far, and undoes the recovery before the first improvement", async () => {
  const early = await recovered(gates(), undefined, { stopAt: -1 });
  expect(early.facts).toMatchObject({ undone: true, guard: { bestStep: 0 } });
  expect(early.facts.step).toBeLessThan(4);
  expect(early.recovered).toBeUndefined();
  const later = await recovered(gates(), undefined, { stopAt: 2 });
  expect(later.facts.step).toBeLessThan(24);
  expect(later.facts).toMatchObject({ undone: false });
  expect(later.recovered?.recovery?.bestStep).toBe(later.facts.guard.bestStep);
});

test("a paused recovery continues from its checkpoint as if it had not stopped, and only on its own masks", async () => {
  const pruned = gates();
  const whole = await recovered(pruned);
  const model = await loadPruned(ctx, opened, pruned);
  const subject = await recoverySubject(opened, { pruned, choice: CHOICE, text });
  const work = { opened, pruned, model, choice: CHOICE, text, context: CONTEXT, before: BEFORE, subject };
  const checkpoints: { bytes: Uint8Array<ArrayBuffer>; step: number }[] = [];
  let steps = 0;
  const watch = {
    onStep: (step: number) => (steps = step),
    onGuard: () => undefined,
    cancelled: () => false,
    pausing: () => steps >= 10,
    onCheckpoint: (bytes: Uint8Array<ArrayBuffer>, step: number) =>
      Promise.resolve(void checkpoints.push({ bytes, step })),
  };
  const paused = await recoverPruning(ctx, work, watch);
  const last = checkpoints.at(-1);
  if (!last) throw new Error("expected a checkpoint");
  expect(paused).toMatchObject({ paused: true, facts: { step: last.step } });
  expect(paused.recovered).toBeUndefined();
  expect(checkpoints.map(({ step }) => step).slice(0, 2)).toEqual([4, 8]);
  expect(last.step).toBeLessThan(24);

  const resumed = await recoverPruning(ctx, { ...work, checkpoint: last.bytes }, { ...watch, pausing: () => false });
  expect(resumed.facts.guard).toEqual(whole.facts.guard);
  expect(resumed.recovered?.recovery?.weightsSha256).toBe(whole.recovered?.recovery?.weightsSha256);
  const other = madeGates(opened.config, 0.6, REST.text);
  const otherSubject = await recoverySubject(opened, { pruned: other, choice: CHOICE, text });
  expect(otherSubject).not.toBe(subject);
  const refused = recoverPruning(ctx, { ...work, subject: otherSubject, checkpoint: last.bytes }, watch);
  await expect(refused).rejects.toMatchObject({ code: "format" });
  model.free();
});

test("losses by token of a recovered run are read while it is the current pruning, and refused otherwise", async () => {
  const { recovered: after } = await recovered(gates());
  if (!after?.recovery) throw new Error("expected a recovered architecture");
  const { recipe, bestStep, guard, weightsSha256 } = after.recovery;
  if (!recipe || bestStep === undefined) throw new Error("expected a recipe of training");
  const recovery = { recipe, bestStep, guard, weightsSha256, prunedBefore: 30 };
  const perplexity = { ...REST, dense: 20, pruned: 24 };
  const run = recordOf(opened, after, { adapter: "test", perplexity, msPerToken: null, recovery });
  expect(run.record).toMatchObject({ name: "DISP 50 %, seed 1, recovered", recovery });
  const watch = { onProgress: () => undefined, cancelled: () => false };
  const request = { first: null, second: run, text, tokens: 128, context: CONTEXT, ...watch };
  const { second } = await compareLosses(ctx, opened, { ...request, current: after });
  const model = await loadPruned(ctx, opened, after);
  expect(second).toEqual(await tokenLosses(ctx, model, text.ids.subarray(0, 128), { context: CONTEXT }));
  model.free();
  for (const current of [undefined, after.recovery.before])
    await expect(compareLosses(ctx, opened, { ...request, current })).rejects.toMatchObject({ code: "unsupported" });
});
