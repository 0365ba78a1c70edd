// All variants of the weight gradient, not only the one that this adapter would use, compared with the reference.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { isMatrix } from "./kit/matrixTiles.ts";
import { WEIGHT_GRADIENT_VARIANTS } from "./linearWeightGradient.ts";
import { weightGradientOp } from "./registry/commonOps.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

/** The software adapter of browsers has no matrix unit: npm test runs those variants in its part matrices. */
const HERE = WEIGHT_GRADIENT_VARIANTS.filter((variant) => !isMatrix(variant));

describe.each(HERE)("%s", (variant) => {
  const op = weightGradientOp(variant);
  test.each(op.cases)("%s", async (name) => {
    const checks = await op.parity(ctx, name);
    expect(checks.length).toBe(1);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});
