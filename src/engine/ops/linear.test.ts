// Which matmul kernels an adapter gets: those that fit its workgroup memory. No GPU: a counting device records what would run.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import type { MatrixUnit } from "../gpu/matrixUnits.ts";
import type { Precision } from "../tensor.ts";
import { kernelSizes } from "./kit/launch.ts";
import { MATMUL_VARIANTS, usableVariants } from "./kit/matmulChoice.ts";
import { linear } from "./linear.ts";

const FACTS = {
  ...{
    name: "a card",
    software: false,
    quads: false,
    timestamps: false,
    shaderF16: false,
    subgroupMin: 0,
    subgroupMax: 0,
  },
  ...{ maxBufferBytes: 2 ** 31, maxBindingBytes: 2 ** 31 },
};

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("GPUShaderStage", {});
});
afterAll(() => vi.unstubAllGlobals());

/** Invocations per workgroup and rows per tile of the kernel for x (rows, 512) and a weight (cols, 512). */
function chosen(workgroupBytes: number, rows: number, cols: number): { workgroup: number; tile: number } {
  const ctx = new Ctx(Gpu.counting({ ...FACTS, workgroupBytes }, () => undefined));
  const found: { workgroup: number; tile: number }[] = [];
  const run = ctx.run.bind(ctx);
  ctx.run = (spec, ...rest) => {
    const { workgroup, constant } = kernelSizes(spec);
    found.push({ workgroup, tile: constant(spec.code.includes("TILE_ROWS") ? "TILE_ROWS" : "ROWS") });
    run(spec, ...rest);
  };
  const x = ctx.persistent("x", [rows, 512]);
  const weight = ctx.persistent("weight", [cols, 512]);
  ctx.step(() => linear(ctx, x, weight));
  return found[0]!;
}

test("the size of the result chooses the kernel, where the adapter has the workgroup memory", () => {
  expect(chosen(32_768, 8, 512)).toEqual({ workgroup: 128, tile: 8 });
  expect(chosen(32_768, 128, 512)).toEqual({ workgroup: 256, tile: 32 });
  expect(chosen(32_768, 1024, 1024)).toEqual({ workgroup: 256, tile: 64 });
  expect(chosen(32_768, 2048, 2048)).toEqual({ workgroup: 256, tile: 128 });
  for (const rows of [128, 1024, 2048]) expect(chosen(16_384, rows, 2048).tile).toBe(64);
});

test("only kernels that fit are offered", () => {
  const variants = (workgroupBytes: number, shaderF16: boolean, precision: Precision): string[] =>
    usableVariants(new Ctx(Gpu.counting({ ...FACTS, workgroupBytes, shaderF16 }, () => undefined)), precision);
  expect(variants(16_384, false, "f16")).toEqual([
    ...["registers", "tiled", "splitk"],
    ...["blocks64", "blocks64x128", "blocks128x64"],
  ]);
  const all = MATMUL_VARIANTS.filter((variant) => variant !== "quad");
  const withoutUnit = all.filter((variant) => !variant.startsWith("matrices"));
  const withoutHalves = withoutUnit.filter((variant) => !variant.startsWith("halves"));
  expect(all.length).toBe(withoutHalves.length + 5);
  expect(variants(32_768, true, "f16")).toEqual(withoutUnit);
  expect(variants(32_768, true, "f32")).toEqual(withoutHalves);
  expect(variants(32_768, false, "f16")).toEqual(withoutHalves);
});

/** By subgroup: what the matrix units of cards multiply. */
test.each<[lanes: number, unit: MatrixUnit]>([
  [8, { component: "f16", rows: 8, columns: 8, steps: 8 }],
  [32, { component: "f16", rows: 16, columns: 16, steps: 16 }],
  [32, { component: "f16", rows: 8, columns: 16, steps: 16 }],
  [64, { component: "f16", rows: 16, columns: 16, steps: 16 }],
  [128, { component: "f16", rows: 32, columns: 32, steps: 16 }],
  [32, { component: "f32", rows: 8, columns: 8, steps: 8 }],
])("matrix units with subgroups of %i, %o", (lanes, matrixUnit) => {
  const facts = { ...FACTS, subgroupMin: lanes, subgroupMax: lanes, workgroupBytes: 32_768, matrixUnit };
  const ctx = new Ctx(Gpu.counting(facts, () => undefined));
  const found: { workgroup: number; rows: number; columns: number; teams: number }[] = [];
  ctx.run = (spec) => {
    const { workgroup, constant } = kernelSizes(spec);
    const teams = constant("TEAMS_DOWN") * constant("TEAMS_ACROSS");
    found.push({ workgroup, rows: constant("TILE_ROWS"), columns: constant("TILE_COLUMNS"), teams });
    // every team has whole matrices
    expect(constant("TILE_ROWS") % (constant("TEAMS_DOWN") * matrixUnit.rows)).toBe(0);
    expect(constant("TILE_COLUMNS") % (constant("TEAMS_ACROSS") * matrixUnit.columns)).toBe(0);
    expect(constant("ROUND") % matrixUnit.steps).toBe(0);
  };
  const x = ctx.persistent("x", [128, 512]);
  const weight = ctx.persistent("weight", [512, 512]);
  for (const variant of ["matrices64", "matrices128"] as const) {
    expect(usableVariants(ctx)).toContain(variant);
    ctx.matmul = variant;
    ctx.step(() => linear(ctx, x, weight));
  }
  expect(found.map(({ rows, columns }) => [rows, columns])).toEqual([
    [64, 64],
    [128, 128],
  ]);
  for (const { workgroup, teams } of found) {
    expect(workgroup).toBe(teams * lanes);
    expect(workgroup).toBeLessThanOrEqual(256);
  }
});
