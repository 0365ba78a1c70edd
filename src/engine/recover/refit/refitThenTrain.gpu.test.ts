// A recovery that starts from refitted weights: what is exported computes what the session's own model computed, also where adapters are
// merged, and after a pause.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { exportGates, LOGIT_LIMIT } from "../../evaluate/export/exportGates.ts";
import { exportPrunedWeights } from "../../evaluate/export/exportPrunedWeights.ts";
import { memoryTarget } from "../../evaluate/export/memoryTarget.ts";
import { logitsOf } from "../../evaluate/export/readBack.ts";
import { openCase } from "../../golden/case.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { indexLists } from "../../masks/compact.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import type { WeightMasks } from "../../masks/weightMasks.ts";
import { loadModel, type Model } from "../../model/load.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { worstDifference } from "../../ops/registry/parity.ts";
import { cutReader } from "../../prune/gates/cutReader.ts";
import { pruneWeights } from "../../prune/weights/pruneWeights.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { DEFAULT_RECOVER_RECIPE, type RecoverRecipe, type RecoverScope } from "../../recipes/recoverRecipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../../recipes/refitRecipe.ts";
import { DEFAULT_WEIGHT_RECIPE, type WeightMethod } from "../../recipes/weightRecipe.ts";
import { batchOf } from "../../train/batches.ts";
import type { RecoveredValues } from "../overlay.ts";
import { modelWithValues, recoveredModel, updatedValues, weightsPruned } from "../recoveredModel.ts";
import { RecoverSession } from "../session.ts";
import type { Pruning } from "../storedParts.ts";
import { refit } from "./refit.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

const CONTEXT = 64;
const TOKENS = 32;
const STEPS = 12;
const REFIT = { ...DEFAULT_REFIT_RECIPE, sequences: 16, tokens: 48 };

let ctx: Ctx;
let opened: OpenedModel;
let text: Uint32Array;
let masks: Masks;
let made: { free(): void }[] = [];

beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  const folder = await goldenFolder("llama");
  opened = await openModel(ctx, folder);
  text = await (await openCase(folder)).ids("train.ids");
  masks = gateLayout(opened.config).sizes.map((size, vector) =>
    Uint8Array.from({ length: size }, (_, i) => ((i + vector) % 3 === 0 ? 0 : 1)),
  );
});
afterEach(() => {
  for (const one of made) one.free();
  made = [];
});
afterAll(() => ctx.gpu.destroy());

/** What is pruned, and the kept weights that the method changed itself. */
interface Subject {
  pruning: Pruning;
  pruned: Model;
  updated?: RecoveredValues;
}

async function compact(): Promise<Subject> {
  const lists = indexLists(masks);
  const pruned = await loadModel(ctx, opened.config, cutReader(opened.weights, opened.config.family, lists), { lists });
  made.push(pruned);
  return { pruned, pruning: { lists } };
}

async function singleWeights(method: WeightMethod): Promise<Subject> {
  const sequences = Array.from({ length: 4 }, (_, i) => batchOf(text, 48, 1, i));
  const recipe = { method, pattern: "3:4" };
  const { model: pruned, masks: found } = await pruneWeights(ctx, opened.model, { recipe, sequences });
  made.push(pruned);
  const updated = method === "sparsegpt" ? await updatedValues(ctx, pruned, found) : undefined;
  return { pruned, pruning: { masks: found }, ...(updated ? { updated } : {}) };
}

/** All kept weights after a refit that are not the file's. */
async function refitted({ pruned, pruning, updated }: Subject): Promise<RecoveredValues> {
  const { values } = await refit(ctx, { dense: opened.model, pruned, pruning, recipe: REFIT, text, context: CONTEXT });
  if (!values) throw new Error("expected an improvement");
  return new Map([...(updated ?? []), ...values]);
}

/** A recovery of the refitted model, whose guard measures the last step only, so that the best weights are the last ones. */
async function sessionOf(
  { pruning }: Subject,
  values: RecoveredValues,
  scope: RecoverScope,
  weights = weightsPruned(opened.weights, values),
): Promise<RecoverSession> {
  const pruned = await modelWithValues(ctx, opened, pruning, values);
  const rate = { learningRate: 1e-3 };
  const recipe: RecoverRecipe = {
    ...DEFAULT_RECOVER_RECIPE,
    steps: STEPS,
    tokens: TOKENS,
    measureEvery: STEPS,
    ...rate,
    ...scope,
  };
  const session = new RecoverSession(ctx, {
    ...{ dense: opened.model, pruned, pruning, recipe, text, context: CONTEXT, subject: "test", weights },
  });
  made.push(session, pruned);
  return session;
}

const run = (session: RecoverSession, steps = STEPS): Promise<void> =>
  session.run({ due: () => false, onReport: () => undefined, steps });

/** Logits of the masked form with these values, opened from its files alone. */
async function exportedLogits({ pruning }: Subject, values: RecoveredValues, ids: Uint32Array): Promise<Float32Array> {
  const of = "masks" in pruning ? pruning.masks : undefined;
  const recovered = await recoveredModel(ctx, opened, values, of);
  made.push(recovered.model);
  const target = memoryTarget();
  const about = {
    ...{ version: "0.0.0", adapter: "test", modelName: opened.name, licence: "not stated" },
    ...{ calibration: { name: "a text", sha256: "0".repeat(64) }, perplexity: [] },
  };
  const [form] = of ? [await weightForm(recovered, of)] : await gateForms(recovered);
  expect(form).toMatchObject({ ok: true });
  const again = await openModel(ctx, await target.folder());
  made.push(again.model);
  return logitsOf(ctx, again.model, ids);

  function gateForms(from: OpenedModel) {
    const how = {
      recipe: DEFAULT_RECIPE,
      target: { ratio: "block weights kept" as const, value: 0.5 },
      trainedSteps: 1,
    };
    return exportGates(
      ctx,
      from,
      { masks, targets: new Map([["masked", target]]) },
      { ids, receipt: { ...about, ...how } },
    );
  }
  function weightForm(from: OpenedModel, found: WeightMasks) {
    const receipt = { ...about, recipe: DEFAULT_WEIGHT_RECIPE };
    return exportPrunedWeights(ctx, from, { model: from.model, masks: found, target }, { ids, receipt });
  }
}

const SUBJECTS: Record<string, () => Promise<Subject>> = {
  "a compact model": compact,
  DaSS: () => singleWeights("dass"),
  SparseGPT: () => singleWeights("sparsegpt"),
};

test.each([
  ["a compact model", { matrices: "all", rank: 6 }],
  ["a compact model", { matrices: "out" }],
  ["DaSS", { matrices: "all", rank: 6 }],
  ["SparseGPT", { matrices: "all", rank: 6 }],
] as const)(
  "%s is refitted, then trained (%o): its export computes what the session's model does",
  async (name, scope) => {
    const subject = await SUBJECTS[name]!();
    const first = await refitted(subject);
    const session = await sessionOf(subject, first, scope);
    await run(session);
    expect(session.guard).toMatchObject({ bestStep: STEPS });
    const values = new Map([...first, ...(await session.values())]);
    const ids = text.slice(0, 48);
    const expected = await logitsOf(ctx, session.model, ids);
    expect(worstDifference(await exportedLogits(subject, values, ids), expected)).toBeLessThan(LOGIT_LIMIT);
  },
);

test("the limit notices adapters that are merged onto the file's weights instead of the refitted ones", async () => {
  const subject = await compact();
  const scope = { matrices: "all", rank: 6 } as const;
  const session = await sessionOf(subject, await refitted(subject), scope, weightsPruned(opened.weights));
  await run(session);
  const ids = text.slice(0, 48);
  const expected = await logitsOf(ctx, session.model, ids);
  const wrong = await exportedLogits(subject, await session.values(), ids);
  expect(worstDifference(wrong, expected)).toBeGreaterThan(20 * LOGIT_LIMIT);
});

test("copies without the refit's other matrices are noticed too", async () => {
  const subject = await compact();
  const session = await sessionOf(subject, await refitted(subject), { matrices: "out" });
  await run(session);
  const ids = text.slice(0, 48);
  const expected = await logitsOf(ctx, session.model, ids);
  const wrong = await exportedLogits(subject, await session.values(), ids);
  expect(worstDifference(wrong, expected)).toBeGreaterThan(20 * LOGIT_LIMIT);
});

test.each([{ matrices: "all", rank: 6 }, { matrices: "out" }] as const)(
  "a recovery of a refitted model resumes from its checkpoint with the same weights: %o",
  async (scope) => {
    const subject = await compact();
    const first = await refitted(subject);
    const whole = await sessionOf(subject, first, scope);
    await run(whole);
    const paused = await sessionOf(subject, first, scope);
    await run(paused, 3);
    const resumed = await sessionOf(subject, first, scope);
    await resumed.restore(await paused.checkpoint());
    await run(resumed);
    expect(resumed.step).toBe(STEPS);
    expect(resumed.guard).toEqual(whole.guard);
    expect(await resumed.values()).toEqual(await whole.values());
  },
);
