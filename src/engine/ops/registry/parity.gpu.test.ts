// Every op compared with its reference, forward and backward, on sizes around the edges of its tiles; and every kernel is reached.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { AS_CARD, type Gpu } from "../../gpu/device.ts";
import { ops } from "./index.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

/** The ops' WGSL by path; a linear layer's files are variants with the same entry points. */
const shaders: Record<string, string> = import.meta.glob(
  ["../../../../shaders/**/*.wgsl", "!../../../../shaders/lib/*"],
  { query: "?raw", import: "default", eager: true },
);

let ctx: Ctx;
/** Takes the kernels of graphics cards; kit/variants.gpu.test.ts runs all cases so. */
let card: Ctx;
/** Labels of the kernels that ran: "stem.entry". */
const ran = new Set<string>();

function watched(gpu: Gpu): Ctx {
  const made = new Ctx(gpu);
  const run = made.run.bind(made);
  made.run = (spec, ...rest) => {
    ran.add(spec.label);
    run(spec, ...rest);
  };
  return made;
}

beforeAll(async () => {
  ctx = watched(await openSharedGpu());
  card = watched(await openSharedGpu({ facts: AS_CARD }));
});
afterAll(() => {
  ctx.gpu.destroy();
  card.gpu.destroy();
});

describe.each(ops)("$name", (op) => {
  test.each(op.cases)("%s", async (name) => {
    const checks = await op.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

test("every entry point of every shader has run", async () => {
  // the tiles of attention, and the kernel of decoding, run on graphics cards only
  const cases = [
    ["attention", "T5 H2 KV1 hd16"],
    ["cachedAttention", "T1 H9 KV3 hd64 S33 start 32"],
  ] as const;
  for (const [op, name] of cases) {
    const checks = await ops.find((one) => one.name === op)?.parity(card, name);
    expect(checks?.map(({ ok }) => ok)).toContain(true);
    expect(checks?.map(({ ok }) => ok)).not.toContain(false);
  }
  const entries = Object.entries(shaders).flatMap(([path, code]) => {
    const [, stem = ""] = /\/shaders\/(\w+)/.exec(path) ?? [];
    const camelCase = stem.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [...code.matchAll(/@compute[^{]*?\bfn (\w+)/g)].map(([, entry]) => `${camelCase}.${entry ?? ""}`);
  });
  expect([...ran].sort()).toEqual([...new Set(entries)].sort());
});
