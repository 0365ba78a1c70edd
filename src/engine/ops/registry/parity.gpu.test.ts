// Every op compared with its reference, forward and backward, on sizes around the edges of its tiles; and every kernel is reached.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { Gpu } from "../../gpu/device.ts";
import { ops } from "./index.ts";

/** The ops' WGSL by path; a linear layer's files are variants with the same entry points. */
const shaders: Record<string, string> = import.meta.glob(
  ["../../../../shaders/**/*.wgsl", "!../../../../shaders/lib/*"],
  { query: "?raw", import: "default", eager: true },
);

let ctx: Ctx;
/** Labels of the kernels that ran: "stem.entry". */
const ran = new Set<string>();
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
  const run = ctx.run.bind(ctx);
  ctx.run = (spec, ...rest) => {
    ran.add(spec.label);
    run(spec, ...rest);
  };
});
afterAll(() => ctx.gpu.destroy());

describe.each(ops)("$name", (op) => {
  test.each(op.cases)("%s", async (name) => {
    const checks = await op.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

test("every entry point of every shader has run", () => {
  const entries = Object.entries(shaders).flatMap(([path, code]) => {
    const [, stem = ""] = /\/shaders\/(\w+)/.exec(path) ?? [];
    const camelCase = stem.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [...code.matchAll(/@compute[^{]*?\bfn (\w+)/g)].map(([, entry]) => `${camelCase}.${entry ?? ""}`);
  });
  expect([...ran].sort()).toEqual([...new Set(entries)].sort());
});
