// What npm test checks of matmuls on an adapter with shader-f16 and a matrix unit: the variants that need one of these.
import { Ctx } from "../engine/ctx.ts";
import { AS_CARD, Gpu } from "../engine/gpu/device.ts";
import type { Folder } from "../engine/formats/files/folder.ts";
import { wgslErrors } from "../engine/gpu/wgslErrors.fixture.ts";
import type { MatrixUnit } from "../engine/gpu/matrixUnits.ts";
import type { MatmulVariant, MatrixVariant } from "../engine/matmul/matmulVariants.ts";
import { randomRef } from "../engine/ops/kit/ref.ts";
import { TOLERANCE } from "../engine/ops/kit/tolerance.ts";
import { isUsable } from "../engine/ops/kit/matmulChoice.ts";
import { HALF_VARIANTS } from "../engine/ops/kit/blockTiles.ts";
import { isMatrix, MATRIX_VARIANTS } from "../engine/ops/kit/matrixTiles.ts";
import { linear } from "../engine/ops/linear.ts";
import { linearRef, storedName } from "../engine/ops/linear.ref.ts";
import { matmulOps } from "../engine/ops/registry/commonOps.ts";
import { selfCheck } from "../engine/ops/registry/selfCheck.ts";
import { checkCase } from "./goldenCase.fixture.ts";
import { type HostCounts, Tally } from "./tally.fixture.ts";

/** The variant for weights in blocks, of one type, and for the model: lavapipe takes seconds to compile a kernel, and all variants read alike. */
const THOROUGH: MatrixVariant = "matrices64";
const BLOCKS = " Q4_K";
const inBlocks = (name: string): boolean => / Q\d_/.test(name);

const VARIANTS = [...HALF_VARIANTS, ...MATRIX_VARIANTS] as const;
/** Whether a variant is checked with a case. With other weights than halves, those for halves are other variants. */
const takes = (variant: MatmulVariant, name: string): boolean =>
  isMatrix(variant)
    ? !inBlocks(name) || (variant === THOROUGH && name.includes(BLOCKS))
    : name.endsWith(storedName("f16"));

/** Units of cards, with their largest subgroups: NVIDIA, Apple, Intel and AMD. */
const UNITS: readonly (MatrixUnit & { lanes: number })[] = [
  { component: "f16", rows: 16, columns: 16, steps: 16, lanes: 32 },
  { component: "f32", rows: 8, columns: 8, steps: 8, lanes: 32 },
  { component: "f16", rows: 8, columns: 16, steps: 16, lanes: 32 },
  { component: "f16", rows: 16, columns: 16, steps: 16, lanes: 64 },
];

/** The adapter that computes nothing offers less workgroup memory than cards do. */
const CARD_MEMORY = { workgroupBytes: 32_768 };

/** Chrome's compiler on the kernels for units that no software adapter has. It takes them as far as one without that unit can. */
export async function checkMatrixTexts(log: (line: string) => void): Promise<HostCounts> {
  const began = performance.now();
  const tally = new Tally(log);
  for (const { lanes, ...matrixUnit } of UNITS) {
    const gpu = await Gpu.open({
      facts: { ...AS_CARD, subgroupMin: lanes, subgroupMax: lanes, ...CARD_MEMORY, matrixUnit },
    });
    const ctx = new Ctx(gpu);
    const texts = new Map<string, string>();
    ctx.run = ({ code, label }) => texts.set(code, label);
    for (const variant of MATRIX_VARIANTS.filter((one) => isUsable(ctx, one))) {
      ctx.matmul = variant;
      await selfCheck(ctx, { only: matmulOps(variant) });
    }
    const matrixTexts = [...texts].filter(([code]) => code.includes("MATRIX_ROWS"));
    const place = { op: `${matrixUnit.rows} x ${matrixUnit.columns} of ${matrixUnit.component}` };
    for (const [code, label] of matrixTexts) {
      const [refused] = await wgslErrors(gpu, code);
      tally.add({ ...place, case: label, name: refused ?? "accepted", ok: refused === undefined, worst: 0, limit: 0 });
    }
    const enough = matrixTexts.length > 0;
    tally.add({ ...place, case: "texts", name: "expected kernels, got none", ok: enough, worst: 0, limit: 0 });
    gpu.destroy();
  }
  tally.report("kernels for matrix units of cards", began);
  return { passed: tally.passed, failed: tally.failed };
}

/** Whose forward, gradients, training and recovery run with these kernels. */
const GOLDEN = "llama";

/** Whether there is an adapter, and it has a matrix unit that fits the kernels. */
export async function hasMatrixUnit(): Promise<boolean> {
  const gpu = await Gpu.open().catch(() => undefined);
  const { matrixUnit } = gpu?.facts ?? {};
  gpu?.destroy();
  return matrixUnit !== undefined;
}

/** Compares the kernels with their references, and a model with PyTorch. Throws where the adapter has no matrix unit that fits them. */
export async function checkMatrices(goldens: readonly Folder[], log: (line: string) => void): Promise<HostCounts> {
  const gpu = await Gpu.open({ facts: AS_CARD });
  const ctx = new Ctx(gpu);
  const { name, matrixUnit, subgroupMax } = gpu.facts;
  const missing = VARIANTS.filter((variant) => !isUsable(ctx, variant));
  if (!matrixUnit || missing.length > 0)
    throw new Error(`${name}: expected shader-f16 and a matrix unit, got an adapter without ${missing.join(", ")}`);
  const golden = goldens.find((folder) => folder.name === GOLDEN);
  if (!golden)
    throw new Error(`expected the golden case ${GOLDEN}, got ${goldens.map((folder) => folder.name).join(", ")}`);
  const { component, rows, columns, steps } = matrixUnit;
  log(`${name}: ${rows} x ${steps} by ${steps} x ${columns} of ${component}, subgroups of up to ${subgroupMax}`);
  const counts = { passed: 0, failed: 0 };
  for (const variant of VARIANTS) {
    const began = performance.now();
    const tally = new Tally(log);
    ctx.matmul = variant;
    const only = matmulOps(variant).map((op) => ({ ...op, cases: op.cases.filter((one) => takes(variant, one)) }));
    await selfCheck(ctx, { only, onCheck: tally.add });
    if (isMatrix(variant)) await checkRows(ctx, variant, tally.add);
    if (variant === THOROUGH) await checkCase(ctx, golden, "f32", tally.add);
    tally.report(`matmul ${variant}`, began);
    counts.passed += tally.passed;
    counts.failed += tally.failed;
  }
  gpu.destroy();
  return counts;
}

/** Every other row is this much smaller, as the gradients of tokens that the model predicts well are. */
const SMALL = 2 ** -17;

/** Small rows must be as exact as the others, although a workgroup scales them together; and a product repeats bit for bit. */
async function checkRows(ctx: Ctx, variant: MatrixVariant, add: Tally["add"]): Promise<void> {
  const [m, n, k] = [64, 64, 256];
  const x = randomRef(1, [m, k]);
  const sized = {
    ...x,
    data: x.data.map((value, i) => (Math.floor(i / k) % 2 === 0 ? value : Math.fround(value * SMALL))),
  };
  const weight = randomRef(2, [n, k]);
  const expected = linearRef.forward([sized, weight], null)[0]!.data;
  const inputs = [sized, weight].map(({ data, shape }, i) =>
    ctx.persistent(`input ${i}`, shape, { data: Float32Array.from(data) }),
  );
  const product = (): Promise<Float32Array> => ctx.read(ctx.step(() => linear(ctx, inputs[0]!, inputs[1]!)));
  const [found, again] = [await product(), await product()];
  let worst = 0;
  for (let row = 0; row < m; row++) {
    const own = expected.subarray(row * n, (row + 1) * n);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    own.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - found[row * n + i]!) / largest)));
  }
  const place = { op: "linear", case: `${variant}, rows of different sizes` };
  add({ ...place, name: "output, row by row", ok: worst <= TOLERANCE, worst, limit: TOLERANCE });
  const changed = again.filter((value, i) => value !== found[i]).length;
  add({ ...place, name: "values that change when it repeats", ok: changed === 0, worst: changed, limit: 0 });
  ctx.free(...inputs);
}
