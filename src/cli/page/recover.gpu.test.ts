// Refits and recoveries of the command line: the model of the result is the one that the guard measured at its best step.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCase } from "../../engine/golden/case.ts";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  Ctx,
  cutReader,
  DEFAULT_RECOVER_RECIPE,
  DEFAULT_REFIT_RECIPE,
  gateLayout,
  indexLists,
  loadModel,
  openModel,
  type OpenedModel,
  overlaid,
} from "../../engine/index.ts";
import { guardedText, guardPerplexity } from "../../engine/recover/guard.ts";
import type { RecoverChoices } from "../arguments/recoverArguments.ts";
import { recover } from "./recover.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const CONTEXT = 64;
const REFIT = { ...DEFAULT_REFIT_RECIPE, sequences: 16, tokens: 48 };
const TRAINING = { ...DEFAULT_RECOVER_RECIPE, steps: 12, tokens: 32, measureEvery: 4, learningRate: 1e-3 };

let ctx: Ctx;
let opened: OpenedModel;
let calibration: Uint32Array;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  const folder = await goldenFolder("llama");
  opened = await openModel(ctx, folder);
  calibration = await (await openCase(folder)).ids("train.ids");
});
afterAll(() => ctx.gpu.destroy());

test.each<RecoverChoices>([
  { refit: REFIT },
  { refit: REFIT, recover: { ...TRAINING, matrices: "out" } },
  { refit: REFIT, recover: { ...TRAINING, matrices: "all", rank: 8 } },
  // undone: the training starts from the pruned weights
  { refit: { ...REFIT, sequences: 1, tokens: 4, ridge: 1e-4 }, recover: { ...TRAINING, matrices: "all", rank: 8 } },
])("the result of %j computes what the guard measured", async (choices) => {
  const lists = indexLists(
    gateLayout(opened.config).sizes.map((size) => new Uint8Array(size).map((_, i) => +(i % 3 > 0))),
  );
  const of = { lists, precision: opened.model.precision };
  const pruned = await loadModel(ctx, opened.config, cutReader(opened.weights, opened.config.family, lists), of);
  const measured = { context: CONTEXT, tokens: 100, dense: 20, pruned: 30 };
  const run = {
    ...{ ctx, opened, calibration, dense: 20, measure: () => Promise.resolve(measured), notice: () => undefined },
    ...{ pair: unused, exportOptions: unused, answer: unused },
    plan: { recompute: { blocks: 0, group: 1 }, compact: true, totalBytes: 0 },
  };
  const input = { choices, pruned, pruning: { lists }, ratio: 0.6, measured };
  const { answers, result } = await recover(run, input, () => undefined);
  if (!result) throw new Error("expected an improvement");
  const slice = guardedText(calibration, CONTEXT);
  const { weights, adapter } = result.opened;
  const reader = cutReader(overlaid(weights, new Map()), opened.config.family, lists);
  const again = await loadModel(ctx, opened.config, reader, of);
  const found = await guardPerplexity(ctx, again, slice);
  const { refit, recovery } = answers;
  const best = recovery && !recovery.undone ? recovery.guard.best : refit?.guard.after;
  expect(found / (best ?? 0)).toBeCloseTo(1, 4);
  expect(result.recovery.guard).toMatchObject({ before: refit?.guard.before, after: best });
  expect(result.recovery.refit).toEqual(refit?.undone ? undefined : choices.refit);
  expect(adapter?.rank).toBe(refit?.undone ? choices.recover?.rank : undefined);
  for (const made of [again, result.opened.model, pruned]) made.free();
});

function unused(): never {
  throw new Error("expected the recovery to need no exports");
}
