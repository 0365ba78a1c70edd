// Blocks that run again in the backward pass: every number of a training is the same bit for bit, with more dispatches and less memory.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx, type Recompute } from "../ctx.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { openModel } from "../model/open.ts";
import { DEFAULT_RECIPE, ESTIMATORS, type Estimator } from "../recipes/recipe.ts";
import { metricRows } from "./metricRows.fixture.ts";
import { Session } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

const STEPS = 12;
/** The steps that allocate and compile. */
const FIRST_STEPS = 2;

class CountingCtx extends Ctx {
  dispatches = 0;
  override run(...args: Parameters<Ctx["run"]>): void {
    this.dispatches++;
    super.run(...args);
  }
}

let ctx: CountingCtx;
beforeAll(async () => {
  ctx = new CountingCtx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

const bits = (values: Float32Array<ArrayBuffer>): Uint32Array => new Uint32Array(values.buffer);

/** Twelve steps, and what they computed and took. */
async function training(name: string, recompute: Recompute, estimator: Estimator = "reinmax") {
  ctx.recompute = recompute;
  const { config, model } = await openModel(ctx, await goldenFolder(name));
  const text = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7919) % config.vocab);
  const recipe = { ...DEFAULT_RECIPE, steps: STEPS, tokens: 32, learningRate: 0.01, estimator };
  const session = new Session(ctx, model, { recipe, text, subject: "test" });
  const before = ctx.buffers.bytesInUse;
  const rows: unknown[] = [];
  const run = (steps: number): Promise<void> =>
    ctx.gpu.checked("a run", () =>
      session.run({
        due: () => true,
        onReport: ({ metrics, logits }) => rows.push(metricRows(metrics), bits(logits)),
        steps,
      }),
    );
  await run(FIRST_STEPS);
  const made = [ctx.buffers.allocations, ctx.kernels.created];
  const bytes = ctx.buffers.bytesInUse - before;
  await run(1);
  const first = ctx.dispatches;
  await run(STEPS - FIRST_STEPS - 1);
  // each call of run also goes through the dispatches of one step to compile them
  const dispatches = (ctx.dispatches - first) / (STEPS - FIRST_STEPS);
  const later = [ctx.buffers.allocations, ctx.kernels.created];
  const { theta, m, v } = await session.checkpoint();
  session.free();
  model.free();
  ctx.freeStep();
  return { values: { rows, theta: bits(theta), m: bits(m), v: bits(v) }, bytes, dispatches, made, later };
}

const OFF: Recompute = { blocks: 0, group: 1 };

/** The three kinds of blocks: norms before the branches, with a shifted weight, with a bias; and norms after the residual adds. */
describe.each(["llama", "gemma", "opt", "opt350"])("%s", (name) => {
  test("runs its blocks again with equal results, in less memory", async () => {
    const off = await training(name, OFF);
    const [some, pairs, all] = [
      await training(name, { blocks: 1, group: 1 }),
      await training(name, { blocks: 3, group: 2 }),
      await training(name, { blocks: 3, group: 1 }),
    ];
    for (const one of [some, pairs, all]) {
      expect(one.values).toEqual(off.values);
      expect(one.later).toEqual(one.made);
    }
    // a block again, without the last linear layer of its group
    const added = (one: { dispatches: number }): number => one.dispatches - off.dispatches;
    expect(added(some)).toBeGreaterThan(5);
    expect(added(all)).toBe(3 * added(some));
    expect(added(pairs) - added(all)).toBe(name === "opt350" ? 0 : 1);
    expect(some.bytes).toBeLessThan(off.bytes);
    expect(all.bytes).toBeLessThan(some.bytes);
  });
});

test.each(ESTIMATORS)("the estimator %s gets equal gradients", async (estimator) => {
  const off = await training("llama", OFF, estimator);
  const on = await training("llama", { blocks: 2, group: 2 }, estimator);
  expect(on.values).toEqual(off.values);
});
