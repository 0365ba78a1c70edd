// The kernels that other adapters get: the language model's ops again, as if this adapter were hardware without quads.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import { languageOps } from "./languageOps.ts";
import { unitOf } from "./variants.ts";

let ctx: Ctx;
beforeAll(async () => {
  const gpu = await Gpu.open();
  Object.defineProperty(gpu, "facts", { value: { ...gpu.facts, software: !gpu.facts.software, quads: false } });
  ctx = new Ctx(gpu);
});
afterAll(() => ctx.gpu.destroy());

describe.each(languageOps)("$name", (op) => {
  test.each(op.cases)("%s", async (name) => {
    const checks = await op.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

test("columns go by fours only where every width allows it", () => {
  expect(unitOf(192, 8)).toBe(4);
  expect(unitOf(192, 6)).toBe(1);
});
