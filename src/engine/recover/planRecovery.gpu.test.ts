// The planned memory of a recovery against the buffer pool after a real one, of structural pruning and of single weights.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import type { Gpu } from "../gpu/device.ts";
import { budgetOf, keptWeightsOfMasks } from "../masks/budget.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../masks/weightMasks.ts";
import { loadModel, type Model } from "../model/load.ts";
import { makeKvCache } from "../model/kvCache.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { DEFAULT_RECOVER_RECIPE, type RecoverScope } from "../recipes/recoverRecipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../recipes/refitRecipe.ts";
import { planMemory } from "../train/memoryPlan.ts";
import { Session } from "../train/session.ts";
import { countRecovery, type RecoveryPlan } from "./planRecovery.ts";
import { refit } from "./refit/refit.ts";
import { recoveredModel } from "./recoveredModel.ts";
import { RecoverSession } from "./session.ts";
import type { Pruning } from "./storedParts.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

/** How far a part of the plan may be from the count: uniforms and read-back buffers are not planned, and widths are rounded. */
const SHARE = 0.05;
const TOKENS = 48;
const SCOPES: readonly RecoverScope[] = [{ matrices: "out" }, { matrices: "all" }, { matrices: "all", rank: 16 }];
const WINDOW = 64;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openSharedGpu();
});
afterAll(() => gpu.destroy());

const off = (planned: number, counted: number): number => Math.abs(planned - counted) / counted;

interface Pruned {
  model: Model;
  pruning: Pruning;
  /** Of the plan; missing for single weights. */
  ratio?: number;
}

/** A compact model with most of its widths, or the dense one under masks of every other weight. */
async function prunedOf(ctx: Ctx, { config, weights }: OpenedModel, kind: "structures" | "weights"): Promise<Pruned> {
  if (kind === "weights") {
    const masks = mlpMatrices(config).map((matrix) =>
      packMask(
        matrix,
        Uint8Array.from({ length: weightsOf(matrix) }, (_, i) => i % 2),
      ),
    );
    return { model: await loadModel(ctx, config, weights), pruning: { masks } };
  }
  const masks = gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1, 0, Math.round(size * 0.75)));
  const budget = budgetOf(config);
  const lists = indexLists(masks);
  const model = await loadModel(ctx, config, cutReader(weights, config.family, lists), { lists });
  return { model, pruning: { lists }, ratio: keptWeightsOfMasks(budget, masks) / budget.blockWeights };
}

/** Takes what a run of masks, a perplexity and a generated text take; returns the token ids of the text. */
async function trainOnce(ctx: Ctx, dense: Model): Promise<Uint32Array> {
  const { config } = dense;
  const text = Uint32Array.from({ length: 1024 }, (_, i) => (i * 7919) % config.vocab);
  const session = new Session(ctx, dense, { recipe: { ...DEFAULT_RECIPE, tokens: TOKENS }, text, subject: "plan" });
  await session.run({ due: () => false, onReport: () => undefined, steps: 2 });
  await perplexity(ctx, dense, text.subarray(0, WINDOW), { context: WINDOW });
  makeKvCache(ctx, config, WINDOW);
  return text;
}

describe.each(["structures", "weights"] as const)("a recovery of pruned %s", (kind) => {
  test.each(SCOPES)("of %o takes the planned memory", async (scope) => {
    const ctx = new Ctx(gpu);
    const opened = await openModel(ctx, await goldenFolder("llama"));
    const { config, model: dense } = opened;
    const text = await trainOnce(ctx, dense);
    const before = ctx.buffers.bytesInUse;
    const { model, pruning, ratio } = await prunedOf(ctx, opened, kind);
    const between = ctx.buffers.bytesInUse;
    const recipe = { ...DEFAULT_RECOVER_RECIPE, ...scope, tokens: TOKENS, learningRate: 1e-4, steps: 2 };
    const input = {
      dense,
      pruned: model,
      pruning,
      weights: opened.weights,
      recipe,
      text,
      context: WINDOW,
      subject: "plan",
    };
    const recovery = new RecoverSession(ctx, input);
    await recovery.run({ due: () => false, onReport: () => undefined });
    await recoveredModel(ctx, opened, await recovery.values(), "masks" in pruning ? pruning.masks : undefined);
    const after = ctx.buffers.bytesInUse;

    const training = { ...scope, tokens: TOKENS };
    const planned: RecoveryPlan = { training, ...(ratio === undefined ? {} : { ratio }) };
    const choice = { precision: "f32", trainingTokens: TOKENS, evaluationTokens: WINDOW } as const;
    const without = await planMemory(gpu.facts, config, choice);
    const plan = await planMemory(gpu.facts, config, choice, countRecovery(planned));
    expect(off(plan.parts.pruned, between - before)).toBeLessThan(SHARE);
    expect(off(plan.parts.recovery ?? 0, after - between)).toBeLessThan(SHARE);
    expect(without.parts).not.toHaveProperty("recovery");
    const added = (plan.parts.recovery ?? 0) + plan.parts.pruned - without.parts.pruned;
    expect(plan.totalBytes - without.totalBytes).toBeCloseTo(added, 0);
    ctx.buffers.freeAll();
  });

  test("a refit takes the planned memory at its peak", async () => {
    const ctx = new Ctx(gpu);
    const opened = await openModel(ctx, await goldenFolder("llama"));
    const { config, model: dense } = opened;
    const text = await trainOnce(ctx, dense);
    const { model, pruning, ratio } = await prunedOf(ctx, opened, kind);
    const between = ctx.buffers.bytesInUse;
    const plan = { matrices: "all", sequences: 100, tokens: TOKENS } as const;
    let most = 0;
    const onProgress = (): void => {
      most = Math.max(most, ctx.buffers.bytesInUse - between);
    };
    const recipe = { ...DEFAULT_REFIT_RECIPE, ...plan };
    await refit(ctx, { dense, pruned: model, pruning, recipe, text, context: WINDOW }, { onProgress });
    const choice = { precision: "f32", trainingTokens: TOKENS, evaluationTokens: WINDOW } as const;
    const count = countRecovery({ refit: plan, ...(ratio === undefined ? {} : { ratio }) });
    const { parts } = await planMemory(gpu.facts, config, choice, count);
    expect(off(parts.recovery ?? 0, most)).toBeLessThan(SHARE);
    ctx.buffers.freeAll();
  });
});
