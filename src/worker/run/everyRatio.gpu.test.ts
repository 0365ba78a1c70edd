// Ratios of a finished run: the worker's architectures are those of the hypernetwork at each ratio, and nothing is allocated anew.
import { afterAll, beforeAll, expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  architectureOf,
  budgetOf,
  Ctx,
  gateLayout,
  nestednessOf,
  openModel,
  type OpenedModel,
  type Recipe,
  Session,
} from "../../engine/index.ts";
import { EVERY_RATIO, trainedRun } from "./everyRatioRun.fixture.ts";
import { prunedAt } from "./pruned.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const RATIOS = [0.3, 0.4, 0.55, 0.7, 0.9];
let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

const trained = (recipe: Recipe) => trainedRun(ctx, opened, recipe);

const made = () => ({
  allocations: ctx.buffers.allocations,
  created: ctx.kernels.created,
  bytes: ctx.buffers.bytesInUse,
});

test("a finished run answers for any ratio, also beyond its range, and allocates nothing from the second time on", async () => {
  const { run, logits } = await trained(EVERY_RATIO);
  const [layout, budget] = [gateLayout(opened.config), budgetOf(opened.config)];
  const { session } = run;
  expect(session?.finished).toBe(true);
  const masks = [];
  await run.logitsAt(logits, 0.5);
  const before = made();
  for (const ratio of RATIOS) {
    const { architecture } = prunedAt(await run.logitsAt(logits, ratio), layout, budget, ratio);
    const expected = (await session?.logits(Math.max(0.4, ratio))) ?? new Float32Array(0);
    expect(architecture.masks).toEqual(architectureOf(expected, { layout, budget, ratio }).masks);
    expect(architecture).toMatchObject({ ratio, step: 12, trainedFor: { from: 0.4, to: 0.9 } });
    masks.push(architecture.masks);
  }
  expect(made()).toEqual(before);
  const { broken, of } = nestednessOf(masks);
  expect(of).toBeGreaterThan(broken);
  await run.reset();
});

test("two requests at once, and one during a reset, are answered", async () => {
  const { run, logits } = await trained(EVERY_RATIO);
  const alone = [(await run.logitsAt(logits, 0.4)).values, (await run.logitsAt(logits, 0.8)).values];
  const both = await Promise.all([run.logitsAt(logits, 0.4), run.logitsAt(logits, 0.8)]);
  expect(both.map(({ values }) => values)).toEqual(alone);
  const pending = run.logitsAt(logits, 0.4);
  await run.reset();
  expect((await pending).values).toEqual(alone[0]);
});

test("after a loss of the session, the checkpoint of the same step answers", async () => {
  const { run, logits } = await trained(EVERY_RATIO);
  const expected = (await run.logitsAt(logits, 0.6)).values;
  run.freeSessions();
  await run.findCheckpoint();
  expect((await run.logitsAt(logits, 0.6)).values).toEqual(expected);
  await run.reset();
  expect((await run.logitsAt(logits, 0.6)).values).toEqual(logits.values);
});

test("a run for one ratio keeps its logits, so that its architectures are nested", async () => {
  const { run, logits } = await trained({ ...EVERY_RATIO, ratioMode: "one" });
  const [layout, budget] = [gateLayout(opened.config), budgetOf(opened.config)];
  const masks = [];
  for (const ratio of RATIOS) masks.push(prunedAt(await run.logitsAt(logits, ratio), layout, budget, ratio).masks);
  expect(nestednessOf(masks).broken).toBe(0);
  const madeAt = (ratio: number) => prunedAt(logits, layout, budget, ratio).made;
  const trainedAt = {
    kind: "disp",
    recipe: { ratio: EVERY_RATIO.ratio },
    targets: [[0, EVERY_RATIO.ratio]],
    steps: 12,
  };
  expect(madeAt(EVERY_RATIO.ratio)).toMatchObject(trainedAt);
  expect(madeAt(EVERY_RATIO.ratio)).not.toHaveProperty("point");
  expect(madeAt(0.7)).toMatchObject({ ...trainedAt, point: 0.7 });
  expect(run.session).toBeInstanceOf(Session);
  await run.reset();
});
