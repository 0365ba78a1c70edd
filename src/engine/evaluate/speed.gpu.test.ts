// Timing: the requested number of finite times for both models, in order; it can be stopped, and refuses what does not fit.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Ctx } from "../ctx.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { loadModel, type Model } from "../model/load.ts";
import { openModel, type OpenedModel } from "../model/open.ts";
import { indexLists } from "../masks/compact.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { gateLayout } from "../masks/gates.ts";
import { speedRows, timeModels } from "./speed.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

const IDS = Uint32Array.from({ length: 12 }, (_, i) => i + 2);

describe("timing", () => {
  let ctx: Ctx;
  let opened: OpenedModel;
  let pruned: Model;
  beforeAll(async () => {
    ctx = new Ctx(await openSharedGpu());
    opened = await openModel(ctx, await goldenFolder("llama"));
    const lists = indexLists(
      gateLayout(opened.config).sizes.map((size) => Uint8Array.from({ length: size }, (_, i) => i % 2)),
    );
    pruned = await loadModel(ctx, opened.config, cutReader(opened.weights, opened.config.family, lists), { lists });
  });
  afterAll(() => ctx.gpu.destroy());

  it("gives every requested time, and frees its memory", async () => {
    const models = { dense: opened.model, pruned };
    const before = ctx.buffers.bytesInUse;
    const turns: [number, number][] = [];
    const times = await timeModels(ctx, models, IDS, {
      decodeTokens: 3,
      repeats: 2,
      onRepeat: (...turn) => turns.push(turn),
    });
    for (const { forwardMs, decodeMs } of [times.dense, times.pruned]) {
      expect([forwardMs.length, decodeMs.length]).toEqual([2, 2]);
      expect([...forwardMs, ...decodeMs].every((ms) => Number.isFinite(ms) && ms > 0)).toBe(true);
    }
    expect(turns).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(ctx.buffers.bytesInUse).toBeLessThanOrEqual(before);
    const rows = speedRows("engine", "1", times);
    expect(rows.map(({ what }) => what)).toEqual(["forward", "decode"]);
    for (const { ms, speedup: ratio } of rows) expect(ratio).toBeCloseTo(ms.dense.median / ms.pruned.median, 10);
  });

  it("stops when cancelled", async () => {
    let turns = 0;
    const work = timeModels(ctx, { dense: opened.model, pruned }, IDS, {
      decodeTokens: 2,
      repeats: 50,
      onRepeat: () => (turns += 1),
      cancelled: () => turns === 2,
    });
    await expect(work).rejects.toMatchObject({ code: "cancelled" });
    expect(turns).toBe(2);
  });

  it("refuses more tokens than fit in the context", async () => {
    const { context } = opened.config;
    const work = timeModels(ctx, { dense: opened.model, pruned }, IDS, { decodeTokens: context, repeats: 1 });
    await expect(work).rejects.toMatchObject({
      code: "limit",
      message: expect.stringContaining(`context of ${context}`) as string,
    });
  });

  it("makes no row from missing times", () => {
    const none = { forwardMs: [], decodeMs: [] };
    expect(() => speedRows("engine", "1", { dense: none, pruned: none })).toThrow(/forward: expected times above zero/);
  });
});
