// Every kernel against its reference, forward and backward, on the sizes beside its tile edges.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { Gpu } from "../../gpu/device.ts";
import { ops } from "./index.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
});
afterAll(() => ctx.gpu.destroy());

describe.each(ops)("$name", (op) => {
  test.each(op.cases)("%s", async (name) => {
    const checks = await op.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});
