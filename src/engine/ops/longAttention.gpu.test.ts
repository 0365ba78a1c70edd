// Attention over so many rows that the scores of a head take more workgroups than one dimension of a dispatch has.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import type { Gpu } from "../gpu/device.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";
import { worstDifference } from "./registry/parity.ts";
import { attention } from "./attention.ts";
import { MAX_GROUPS } from "./kit/launch.ts";

/** A tile of the fewest workgroups: 16 rows by 32 keys. */
const ROWS = 5824;
const DEPTH = 4;
const LIMIT = 1e-5;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openSharedGpu();
});
afterAll(() => gpu.destroy());

const wave = (i: number): number => Math.sin(1.3 * i + Math.cos(0.7 * i));

/** Rows of q, k and v of one head: (ROWS, 3 DEPTH). */
const PACKED = Float32Array.from({ length: ROWS * 3 * DEPTH }, (_, i) => wave(i));
const part = (row: number, which: number): Float32Array =>
  PACKED.subarray((3 * row + which) * DEPTH, (3 * row + which + 1) * DEPTH);
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

/** One row of the result, in f64. */
function rowOf(row: number): Float32Array {
  const scores = Array.from({ length: row + 1 }, (_, key) => dot(part(row, 0), part(key, 1)) / Math.sqrt(DEPTH));
  const weights = scores.map((score) => Math.exp(score));
  const sum = weights.reduce((a, b) => a + b, 0);
  return Float32Array.from({ length: DEPTH }, (_, i) =>
    weights.reduce((mixed, weight, key) => mixed + (weight / sum) * (part(key, 2)[i] ?? NaN), 0),
  );
}

test("has the rows of the reference, first to last", async () => {
  expect((ROWS / 16) * (ROWS / 32)).toBeGreaterThan(MAX_GROUPS);
  const ctx = new Ctx(gpu);
  const shape = { heads: 1, kvHeads: 1, headDim: DEPTH };
  const out = await ctx.read(
    ctx.step(() =>
      attention(ctx, ctx.upload(PACKED, [ROWS, 3 * DEPTH], "q|k|v"), {
        start: ctx.upload(Uint32Array.of(0), [1], "start"),
        shape,
      }),
    ),
  );
  for (const row of [0, 15, 16, 2911, 5792, 5807, 5808, ROWS - 1])
    expect(worstDifference(out.subarray(row * DEPTH, (row + 1) * DEPTH), rowOf(row)), `row ${row}`).toBeLessThan(LIMIT);
  ctx.buffers.freeAll();
});
