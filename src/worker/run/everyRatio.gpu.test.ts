// The slider after a run for every ratio: the worker's architectures are those of the hypernetwork at that ratio, and nothing is made anew.
import { afterAll, beforeAll, expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  architectureOf,
  budgetOf,
  Ctx,
  gateLayout,
  Gpu,
  nestednessOf,
  openModel,
  type OpenedModel,
  type Recipe,
  Session,
} from "../../engine/index.ts";
import { EVERY_RATIO, playedRun } from "./everyRatioRun.fixture.ts";
import { prunedAt } from "./prunedModel.ts";

const RATIOS = [0.3, 0.4, 0.55, 0.7, 0.9];
let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

const played = (recipe: Recipe) => playedRun(ctx, opened, recipe);

const made = () => ({
  allocations: ctx.buffers.allocations,
  created: ctx.kernels.created,
  bytes: ctx.buffers.bytesInUse,
});

test("a finished run answers for any ratio, also beyond its bounds, and allocates nothing from the second time on", async () => {
  const { running, logits } = await played(EVERY_RATIO);
  const [layout, budget] = [gateLayout(opened.config), budgetOf(opened.config)];
  const { session } = running;
  expect(session?.finished).toBe(true);
  const masks = [];
  await running.logitsAt(logits, 0.5);
  const before = made();
  for (const ratio of RATIOS) {
    const { architecture } = prunedAt(await running.logitsAt(logits, ratio), layout, budget, ratio);
    const told = (await session?.logits(Math.max(0.4, ratio))) ?? new Float32Array(0);
    expect(architecture.masks).toEqual(architectureOf(told, { layout, budget, ratio }).masks);
    expect(architecture).toMatchObject({ ratio, step: 12, trainedFor: { from: 0.4, to: 0.9 } });
    masks.push(architecture.masks);
  }
  expect(made()).toEqual(before);
  const { broken, of } = nestednessOf(masks);
  expect(of).toBeGreaterThan(broken);
  await running.reset();
});

test("two questions at once, and a reset in the middle of one, are answered", async () => {
  const { running, logits } = await played(EVERY_RATIO);
  const alone = [(await running.logitsAt(logits, 0.4)).values, (await running.logitsAt(logits, 0.8)).values];
  const both = await Promise.all([running.logitsAt(logits, 0.4), running.logitsAt(logits, 0.8)]);
  expect(both.map(({ values }) => values)).toEqual(alone);
  const asked = running.logitsAt(logits, 0.4);
  await running.reset();
  expect((await asked).values).toEqual(alone[0]);
});

test("after a loss of the session, the checkpoint of the same step answers", async () => {
  const { running, logits } = await played(EVERY_RATIO);
  const expected = (await running.logitsAt(logits, 0.6)).values;
  running.drop();
  await running.find();
  expect((await running.logitsAt(logits, 0.6)).values).toEqual(expected);
  await running.reset();
  expect((await running.logitsAt(logits, 0.6)).values).toEqual(logits.values);
});

test("a run for one ratio keeps its logits, so that its architectures lie inside each other", async () => {
  const { running, logits } = await played({ ...EVERY_RATIO, ratioMode: "one" });
  const [layout, budget] = [gateLayout(opened.config), budgetOf(opened.config)];
  const masks = [];
  for (const ratio of RATIOS) masks.push(prunedAt(await running.logitsAt(logits, ratio), layout, budget, ratio).masks);
  expect(nestednessOf(masks).broken).toBe(0);
  expect(running.session).toBeInstanceOf(Session);
  await running.reset();
});
