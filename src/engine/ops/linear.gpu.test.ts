// All matmul variants, not only the one that this adapter would use, compared with the reference.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import type { MatmulVariant } from "../matmul/matmulVariants.ts";
import { packedHalves } from "../dtype.ts";
import { linearOp } from "./registry/commonOps.ts";
import { MATMUL_VARIANTS, usableVariants } from "./kit/matmulChoice.ts";
import { isMatrix } from "./kit/matrixTiles.ts";
import { linear } from "./linear.ts";
import { tunedChoices, tuneMatmul } from "./registry/tune.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

/**
 * Those that need no feature which the software adapter of browsers lacks: halves need shader-f16, matrices a matrix unit. npm test runs
 * them in its parts wgpu and matrices.
 */
const HERE = MATMUL_VARIANTS.filter((variant) => !variant.startsWith("halves") && !isMatrix(variant));

const inBlocks = (name: string): boolean => / Q\d_/.test(name);
/**
 * All cases of floats. Those of blocks compile slowly on this adapter: here only the variants that it would take run them; on wgpu all
 * variants do, and Dawn compiles all for cards.
 */
const casesFor = (variant: MatmulVariant): string[] =>
  linearOp.cases.filter((name) => !inBlocks(name) || variant === "quad" || variant === "registers");

describe.each(HERE)("%s", (variant) => {
  test.each(casesFor(variant))("%s", async (name) => {
    expect(usableVariants(ctx)).toContain(variant);
    ctx.matmul = variant;
    const checks = await linearOp.parity(ctx, name);
    expect(checks.length).toBeGreaterThan(1);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

describe.each([
  ["by subgroups", {}],
  ["through workgroup memory", { subgroupMin: 0, subgroupMax: 0 }],
])("few rows, summed %s", (_, facts) => {
  const few = linearOp.cases.filter((name) => Number(/^M(\d+) /.exec(name)?.[1]) <= 17);
  test.each(few)("%s", async (name) => {
    const own = ctx.gpu.facts;
    expect(own.subgroupMax).toBe(4);
    Object.defineProperty(ctx.gpu, "facts", { value: { ...own, ...facts }, configurable: true });
    ctx.matmul = "sized";
    const checks = await linearOp.parity(ctx, name);
    Object.defineProperty(ctx.gpu, "facts", { value: own, configurable: true });
    expect(checks.length).toBeGreaterThan(1);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
  });
});

test("a sum in slices repeats bit for bit", async () => {
  ctx.matmul = "splitk";
  const [m, n, k] = [33, 68, 640];
  const noise = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) / 2);
  const x = ctx.persistent("x", [m, k], { data: noise(m * k) });
  const weight = ctx.persistent("weight", [n, k], { data: noise(n * k) });
  const labels: string[] = [];
  const run = ctx.run.bind(ctx);
  ctx.run = (spec, ...rest) => {
    labels.push(spec.label);
    run(spec, ...rest);
  };
  const product = () => ctx.read(ctx.step(() => linear(ctx, x, weight)));
  const first = await product();
  expect(labels).toEqual(["linear.forward", "addSlices.add"]);
  expect(first.some((value) => value !== 0)).toBe(true);
  for (let turn = 0; turn < 3; turn++) expect(await product()).toEqual(first);
  ctx.run = run;
  ctx.free(x, weight);
});

// tiled unfolds its grid with the same code, and would take minutes: its barriers are slow on a software adapter.
test.each<[MatmulVariant, number, number]>([
  ["quad", 1, 16],
  ["quad", 5, 32],
  ["registers", 1, 8 * 16],
])(
  "%s, %i rows: a head with more tiles than one dimension of workgroups has room for",
  async (variant, m, tileCols) => {
    ctx.matmul = variant;
    const n = 65535 * tileCols + 4; // one workgroup more
    const weight = ctx.persistent("weight", [n, 4], { dtype: "f16" });
    const last = Float32Array.of(1, 2, 3, 4);
    const row = { ...weight, offset: (n - 64) * 4, shape: [64, 4] };
    ctx.write(row, packedHalves(new Float32Array(64 * 4).map((_, i) => last[i % 4] ?? 0)));
    const x = ctx.persistent("x", [m, 4], { data: new Float32Array(4 * m).fill(1) });
    const [before, found] = await ctx.gpu.checked("a long head", async () => {
      const y = ctx.step(() => linear(ctx, x, weight));
      const end = { ...y, offset: m * n - 68, shape: [68] };
      const values = await ctx.read(end);
      return [values.slice(0, 4), values.slice(4)];
    });
    expect([...(before ?? [])]).toEqual([0, 0, 0, 0]);
    expect([...(found ?? [])]).toEqual(new Array(64).fill(10));
    ctx.freeStep();
    ctx.free(weight, x);
  },
);

test("tuning chooses the variant that it measured to be the fastest", async () => {
  const timings = await tuneMatmul(ctx);
  expect(timings.map(({ variant }) => variant).sort()).toEqual(tunedChoices(ctx).sort());
  const fastest = Math.min(...timings.map(({ ms }) => ms));
  expect(timings.find(({ variant }) => variant === ctx.matmul)?.ms).toBe(fastest);
});

test("a step with much arithmetic is submitted in several parts, with the same result", async () => {
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
  expect(submits - before).toBe(3); // four layers reach the limit, the fifth is in the last submit
  // the same numbers, one layer at a time
  let single: Float32Array = new Float32Array(rows * width).fill(1);
  for (let i = 0; i < 5; i++) {
    ctx.write(x, single);
    single = await ctx.read(layers(1));
  }
  expect(five).toEqual(single);
  queue.submit = submit;
  ctx.free(weight, x);
});
