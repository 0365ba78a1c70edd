// Every matmul variant, not only the one that this adapter would choose, against the reference.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import { linearOp } from "./index.ts";
import { MATMUL_VARIANTS, usableVariants } from "./linear.ts";
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
