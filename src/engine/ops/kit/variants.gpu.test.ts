// The kernel variants of other adapters: runs the ops of the language model and of weight pruning as if this adapter were the other kind.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { Gpu } from "../../gpu/device.ts";
import { add } from "../arithmetic.ts";
import { languageOps } from "../registry/languageOps.ts";
import { unitOf } from "./variants.ts";
import { weightOps } from "../registry/weightOps.ts";

let ctx: Ctx;
beforeAll(async () => {
  const own = await Gpu.open();
  own.destroy();
  ctx = new Ctx(await Gpu.open({ facts: { software: !own.facts.software, quads: false } }));
});
afterAll(() => ctx.gpu.destroy());

describe.each([...languageOps, ...weightOps])("$name", (op) => {
  test.each(op.cases)("%s", async (name) => {
    const checks = await op.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

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
