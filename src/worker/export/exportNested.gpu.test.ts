// Several ratios of a finished run as one model, as the studio prepares it: measured anew where masks differ, cancelled, and refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import {
  budgetOf,
  compactModel,
  Ctx,
  gateLayout,
  type LogitsAt,
  nestedArchitectures,
  openModel,
  type OpenedModel,
  perplexity,
  type Recipe,
} from "../../engine/index.ts";
import { PreparedExports } from "./preparedExports.ts";
import { MAX_WINDOW, Perplexities } from "../measure/perplexities.ts";
import { exportNested } from "./exportNested.ts";
import { perplexityOfMasks, type OtherRatios } from "../measure/otherRatios.ts";
import { EVERY_RATIO, trainedRun } from "../run/everyRatioRun.fixture.ts";
import type { Progress } from "../protocol.ts";
import { prunedAt } from "../run/pruned.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

const RATIOS = [0.5, 0.8, 0.65];
const TOKENS = 512;
let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

/** A run to its end, ready to be measured at other ratios. */
const trained = async (recipe: Recipe): Promise<OtherRatios> => ({
  ...{ ctx, opened, ...(await trainedRun(ctx, opened, recipe)) },
  perplexities: new Perplexities(),
  makeRoom: () => undefined,
});

const optionsOf = (cancelled: (stage: string) => boolean = () => false) => {
  const stages: string[] = [];
  return {
    stages,
    ids: Uint32Array.from({ length: 48 }, (_, i) => (i * 37) % opened.config.vocab),
    receipt: { version: "0.0.0", adapter: "test", modelName: "tiny", licence: "not stated" },
    cancelled: () => cancelled(stages.at(-1) ?? ""),
    report: (unit: Progress["unit"]) => {
      stages.push(unit);
      return () => undefined;
    },
  };
};

test("each ratio's perplexity is that of the written masks, and equal masks are measured once", async () => {
  const others = await trained(EVERY_RATIO);
  const { config } = opened;
  const [layout, budget] = [gateLayout(config), budgetOf(config)];
  const made: LogitsAt[] = [];
  for (const ratio of RATIOS) made.push({ ratio, logits: (await others.run.logitsAt(others.logits, ratio)).values });
  // as the curve has it: the largest ratio is known already
  const alone = prunedAt(await others.run.logitsAt(others.logits, 0.8), layout, budget, 0.8);
  const known = await perplexityOfMasks(others, alone.masks, TOKENS, { cancelled: () => false });
  let models = 0;
  const makeRoom = (): void => {
    models += 1;
  };
  const options = optionsOf();
  const request = { ratios: RATIOS, tokens: TOKENS };
  const prepared = new PreparedExports();
  const found = await exportNested({ ...others, makeRoom }, prepared, request, options);
  expect(found.exported).toMatchObject({ form: "compact", ok: true, equalArgmax: 1 });
  expect(found.step).toBe(12);
  expect(found.ratios.map(({ ratio }) => ratio)).toEqual([0.5, 0.65, 0.8]);
  expect(found.ratios[2]?.perplexity.pruned).toBe(known.value);
  expect(models).toBe(2);
  expect(options.stages).toEqual(["windows", "bytes", "ratios"]);
  const context = Math.min(MAX_WINDOW, config.context);
  const dense = await perplexity(ctx, opened.model, others.text.ids.subarray(0, TOKENS), { context });
  for (const [i, { masks }] of nestedArchitectures(made, layout, budget).entries()) {
    const one = found.ratios.find(({ ratio }) => ratio === RATIOS[i]);
    const model = await compactModel(ctx, opened, masks);
    const { value } = await perplexity(ctx, model, others.text.ids.subarray(0, TOKENS), { context });
    model.free();
    expect(one?.perplexity).toMatchObject({ tokens: TOKENS, pruned: value, dense: dense.value });
    expect(one?.check?.maxAbsLogitDifference).toBeLessThan(1e-3);
  }
  const { file, name } = await prepared.saveZip("nested", { onBytes: () => undefined, cancelled: () => false });
  expect(name).toMatch(/-pruned-nested\.zip$/);
  expect(file.size).toBeGreaterThan(found.exported.bytes);
  await expect(prepared.saveZip("compact", { onBytes: () => undefined, cancelled: () => false })).rejects.toThrow(
    "the compact export has not been prepared",
  );
  await others.run.reset();
});

test("a cancel in any stage leaves the earlier export, and nothing of the new one", async () => {
  const others = await trained(EVERY_RATIO);
  const prepared = new PreparedExports();
  const prepare = (options: ReturnType<typeof optionsOf>) =>
    exportNested(others, prepared, { ratios: [0.5, 0.8], tokens: TOKENS }, options);
  await prepare(optionsOf());
  const saving = { onBytes: () => undefined, cancelled: () => false };
  const before = await (await prepared.saveZip("nested", saving)).file.arrayBuffer();
  for (const stage of ["", "bytes", "ratios"]) {
    await expect(prepare(optionsOf((now) => now === stage))).rejects.toMatchObject({ code: "cancelled" });
    expect(await (await prepared.saveZip("nested", saving)).file.arrayBuffer()).toEqual(before);
  }
  await others.run.reset();
});

test("a run for one ratio, and one whose network is gone, are refused with a remedy", async () => {
  const one = await trained({ ...EVERY_RATIO, ratioMode: "one" });
  const request = { ratios: [0.5, 0.8], tokens: TOKENS };
  await expect(exportNested(one, new PreparedExports(), request, optionsOf())).rejects.toThrow(
    /a nested model needs a run for every ratio/,
  );
  const every = await trained(EVERY_RATIO);
  await every.run.reset();
  await expect(exportNested(every, new PreparedExports(), request, optionsOf())).rejects.toThrow(
    /network that this run trained is gone.+Train again/,
  );
});
