// Refit, then a recovery in the worker, paused and resumed: the exported files give the perplexity that its guard measured.
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryTarget } from "../../engine/evaluate/export/memoryTarget.ts";
import { openCase } from "../../engine/golden/case.ts";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  Ctx,
  DEFAULT_REFIT_RECIPE,
  DEFAULT_WEIGHT_RECIPE,
  type Model,
  openModel,
  type OpenedModel,
  type WeightRecipe,
} from "../../engine/index.ts";
import { guardedText, guardPerplexity } from "../../engine/recover/guard.ts";
import { exportPruned } from "../export/exportPruned.ts";
import type { RecoverSettings } from "../payloads/recovery.ts";
import type { EncodedText } from "../storage/texts.ts";
import { madeGates } from "./madeGates.fixture.ts";
import type { Pruned } from "./pruned.ts";
import { loadPruned, PrunedModel } from "./prunedModel.ts";
import { recoverPruning } from "./recovery.ts";
import { recoverySubject, startsFromRefit } from "./recoveryFile.ts";
import { refitPruning } from "./refit.ts";
import { pruneMlp } from "./weightPruning.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const CONTEXT = 64;
const TEXT = { name: "t", sha256: "0".repeat(64) };
const BEFORE = { value: 30, text: TEXT, context: CONTEXT, tokens: 300, beginToken: false };
const REFIT = { ...DEFAULT_REFIT_RECIPE, sequences: 16, tokens: 48 };
const LOW_RANK: RecoverSettings = { steps: 24, matrices: "all", rank: 8, seed: 1 };
const COPIES: RecoverSettings = { steps: 24, matrices: "out", seed: 1 };

let ctx: Ctx;
let opened: OpenedModel;
let text: EncodedText;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  const folder = await goldenFolder("llama");
  opened = await openModel(ctx, folder);
  text = { ...TEXT, ids: await (await openCase(folder)).ids("train.ids") };
});
afterAll(() => ctx.gpu.destroy());

const gates = async (): Promise<{ pruned: Pruned; model: Model }> => {
  const pruned = madeGates(opened.config, 0.5, TEXT);
  return { pruned, model: await loadPruned(ctx, opened, pruned) };
};

function sparse(): Promise<{ pruned: Pruned; model: Model }> {
  const how = { method: "sparsegpt", pattern: "3:4", sequences: 4, tokens: CONTEXT } as const;
  const recipe: WeightRecipe = { ...DEFAULT_WEIGHT_RECIPE, ...how };
  return pruneMlp(ctx, opened, { text, recipe }, { onProgress: () => undefined, cancelled: () => false });
}

/** The refitted pruning; the pruned model is freed. */
async function refitted({ pruned, model }: { pruned: Pruned; model: Model }): Promise<Pruned> {
  const work = { opened, pruned, model, text, context: CONTEXT, before: BEFORE, recipe: REFIT };
  const { recovered } = await refitPruning(ctx, work, { onProgress: () => undefined, cancelled: () => false });
  model.free();
  if (!recovered) throw new Error("expected an improvement");
  return recovered;
}

/** Recovers in two parts, each of which makes the refitted model anew, as after another one was measured. */
async function recoveredInTwo(pruned: Pruned, choice: RecoverSettings) {
  const subject = await recoverySubject(opened, { pruned, choice, text });
  expect(startsFromRefit(subject)).toBe(true);
  let checkpoint: Uint8Array<ArrayBuffer> | undefined;
  const part = async (last: number) => {
    const model = await loadPruned(ctx, opened, pruned);
    const work = { opened, pruned, model, choice, text, context: CONTEXT, before: BEFORE, subject };
    let steps = 0;
    const result = await recoverPruning(ctx, checkpoint ? { ...work, checkpoint } : work, {
      onStep: (step) => (steps = step),
      onGuard: () => undefined,
      cancelled: () => false,
      pausing: () => steps >= last,
      onCheckpoint: (bytes) => Promise.resolve(void (checkpoint = bytes)),
    });
    model.free();
    return result;
  };
  expect(await part(9)).toMatchObject({ paused: true });
  return part(Infinity);
}

/** The model in the files of the masked form. */
async function reopened(pruned: Pruned): Promise<Model> {
  const target = memoryTarget();
  const models = new PrunedModel();
  const receipt = { version: "0.0.0", adapter: "test", modelName: "m", licence: "not stated", perplexity: [] };
  const options = { ids: text.ids.slice(0, 48), receipt, cancelled: () => false };
  const what = { pruned, models, forms: ["masked" as const], gguf: false, targetFor: () => target };
  const [form] = await exportPruned(ctx, opened, what, options);
  models.free();
  expect(form).toMatchObject({ form: "masked", ok: true });
  return (await openModel(ctx, await target.folder())).model;
}

test.each([
  ["an architecture", gates, LOW_RANK],
  ["an architecture", gates, COPIES],
  ["SparseGPT", sparse, LOW_RANK],
] as const)(
  "%s, refitted and recovered: its files are the model that the guard measured (%#)",
  async (_, make, choice) => {
    const first = await refitted(await make());
    const { facts, recovered } = await recoveredInTwo(first, choice);
    if (!recovered?.recovery) throw new Error("expected an improvement");
    expect(facts.guard.best).toBeLessThan(facts.guard.before);
    // An adapter of refitted weights would belong to weights that are in no file.
    expect(recovered.adapter).toBeUndefined();
    const model = await reopened(recovered);
    const found = await guardPerplexity(ctx, model, guardedText(text.ids, CONTEXT));
    model.free();
    expect(found / facts.guard.best).toBeCloseTo(1, 4);
  },
);
