// What launchers do at the limits of a device. The kernels of graphics cards run op by op in Node: npm test -- dawn wgpu.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { add } from "../arithmetic.ts";
import { unitOf } from "./variants.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

test("a dispatch of more than 65,535 workgroups is folded", async () => {
  const count = 65536 * 64 + 3;
  const ones = ctx.persistent("ones", [count], { data: new Float32Array(count).fill(1) });
  const [beyond, last] = await ctx.gpu.checked("a long add", async () => {
    const sum = await ctx.read(ctx.step(() => add(ctx, ones, ones)));
    return [sum[65535 * 64], sum.at(-1)];
  });
  expect([beyond, last]).toEqual([2, 2]);
  ctx.freeStep();
  ctx.free(ones);
});

test("columns are handled four at a time only if every width allows it", () => {
  expect(unitOf(192, 8)).toBe(4);
  expect(unitOf(192, 6)).toBe(1);
});
