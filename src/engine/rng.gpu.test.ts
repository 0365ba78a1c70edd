// Noise made on the GPU has the same bits as on the CPU.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "./ctx.ts";
import { gateTables } from "./ops/kit/gateTables.ts";
import { noise as noiseOp } from "./ops/noise.ts";
import { stepState, writeStepState } from "./ops/kit/stepState.ts";
import { layoutOf, unflatten } from "./masks/gates.ts";
import { DRAW, uniformNoise } from "./rng.ts";
import { openSharedGpu } from "./gpu/sharedGpu.fixture.ts";

const layout = layoutOf([1, 63, 64, 65, 2048, 192, 512, 1500]);

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

describe("noise on the GPU", () => {
  test.each([
    { seed: 0, step: 0, draw: DRAW.language },
    { seed: 1, step: 12, draw: DRAW.budget },
    { seed: 0xdeadbeef, step: 99_999, draw: DRAW.sample },
    { seed: 0xffffffff, step: 0xffffffff, draw: 0xffffffff },
  ])("seed $seed, step $step, draw $draw", async ({ seed, step, draw }) => {
    const tables = gateTables(ctx, layout);
    // overwrites another step's values: the state at the time the step is recorded counts
    const state = stepState(ctx, { seed: 5, step: 5, ratio: 0.5 });
    writeStepState(ctx, state, { seed, step, ratio: 0.5 });
    const u = await ctx.gpu.checked("noise", () => ctx.step(() => noiseOp(ctx, tables, state, draw)));
    const found = unflatten(layout, await ctx.read(u));
    const expected = layout.sizes.map((size, vector) =>
      Float32Array.from({ length: size }, (_, index) => uniformNoise({ seed, step, draw, vector }, index)),
    );
    expect(found).toEqual(expected);
    ctx.free(state, tables.tiles, tables.bounds);
  });
});
