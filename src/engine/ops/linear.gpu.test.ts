// Every matmul variant, not only the one that this adapter would choose, against the reference.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import { linearOp } from "./index.ts";
import { linear, MATMUL_VARIANTS, usableVariants } from "./linear.ts";
import { tuneMatmul } from "./tune.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
});
afterAll(() => ctx.gpu.destroy());

describe.each(MATMUL_VARIANTS)("%s", (variant) => {
  test.each(linearOp.cases)("%s", async (name) => {
    expect(usableVariants(ctx)).toContain(variant);
    ctx.matmul = variant;
    const checks = await linearOp.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(1);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

test("tuning picks a variant that it measured to be the fastest", async () => {
  const timings = await tuneMatmul(ctx);
  expect(timings.map(({ variant }) => variant).sort()).toEqual([...usableVariants(ctx)].sort());
  const fastest = Math.min(...timings.map(({ ms }) => ms));
  expect(timings.find(({ variant }) => variant === ctx.matmul)?.ms).toBe(fastest);
});

test("a step with much arithmetic goes out in several submits, with the same result", async () => {
  const { queue } = ctx.gpu.device;
  const submit = queue.submit.bind(queue);
  let submits = 0;
  queue.submit = (commands) => {
    submits++;
    submit(commands);
  };
  const [rows, width] = [256, 1024]; // a layer is half a GFLOP
  const data = Float32Array.from({ length: width * width }, (_, i) => ((i * 37) % 101) / 101 / width);
  const weight = ctx.persistent("weight", [width, width], { data });
  const x = ctx.persistent("x", [rows, width], { data: new Float32Array(rows * width).fill(1) });
  const layers = (count: number) =>
    ctx.step(() => {
      let y = x;
      for (let i = 0; i < count; i++) y = linear(ctx, y, weight);
      return y;
    });
  const five = await ctx.read(layers(5));
  const before = submits;
  layers(1);
  expect(submits - before).toBe(1);
  layers(5);
  expect(submits - before).toBe(3); // four layers reach the limit, the fifth goes with the rest
  // one layer at a time through the same numbers
  let single: Float32Array = new Float32Array(rows * width).fill(1);
  for (let i = 0; i < 5; i++) {
    ctx.write(x, single);
    single = await ctx.read(layers(1));
  }
  expect(five).toEqual(single);
  queue.submit = submit;
  ctx.free(weight, x);
});
