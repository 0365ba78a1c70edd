// What npm test checks on a host without a browser: every kernel, every matmul variant and every golden case, with the kernels that
// the adapter takes and with those of graphics cards.
import { Ctx } from "../engine/ctx.ts";
import type { Folder } from "../engine/formats/files/folder.ts";
import { AS_CARD, Gpu } from "../engine/gpu/device.ts";
import { usableVariants } from "../engine/ops/kit/matmulChoice.ts";
import { type MemorySpread, spreadOverArchitectures } from "./architecturesMemory.fixture.ts";
import { linearOp, matmulOps } from "../engine/ops/registry/commonOps.ts";
import { ops } from "../engine/ops/registry/index.ts";
import { type CheckedCase, selfCheck } from "../engine/ops/registry/selfCheck.ts";
import { checkCase, inBlocks } from "./goldenCase.fixture.ts";
import { type HostCounts, Tally } from "./tally.fixture.ts";
import type { Precision } from "../engine/tensor.ts";

interface HostInput {
  goldens: readonly Folder[];
  /** Whether golden cases also run with the kernels of graphics cards. */
  goldensAsCard: boolean;
  /** Whether every matmul variant is checked, or only those that the adapter takes with its own kernels. */
  allMatmuls: boolean;
  log: (line: string) => void;
}

/**
 * Compiles every kernel and matmul variant that a card with halves and subgroups of 32 would take, on an adapter that computes nothing.
 * Counts ops' cases whose kernels were accepted, and logs those that were refused.
 */
export async function checkCompiles(log: (line: string) => void): Promise<HostCounts> {
  const gpu = await Gpu.open({ facts: { ...AS_CARD, subgroupMin: 32, subgroupMax: 32 } });
  const ctx = new Ctx(gpu);
  const began = performance.now();
  const tally = new Tally(log);
  // what is computed is meaningless here
  const onCheck = (check: CheckedCase): void => {
    tally.add({ ...check, ok: !check.refused, worst: 0 });
  };
  if (!gpu.facts.shaderF16) throw new Error("expected an adapter with shader-f16 to compile for, got one without");
  await selfCheck(ctx, { onCheck });
  for (const variant of usableVariants(ctx)) {
    ctx.matmul = variant;
    await selfCheck(ctx, { only: matmulOps(variant), onCheck });
  }
  tally.report("kernels compiled for cards with halves", began);
  gpu.destroy();
  return { passed: tally.passed, failed: tally.failed };
}

/** Runs all checks. A check that fails or is refused by the GPU is logged and counted. Throws what `Gpu.open` throws, and "device-lost". */
export async function checkHost(input: HostInput): Promise<HostCounts> {
  const own = await checkKernels(await Gpu.open(), "f32", input);
  const asCard = input.goldensAsCard ? input : { ...input, goldens: [] };
  const card = await checkKernels(await Gpu.open({ facts: AS_CARD }), "f16", asCard);
  return { passed: own.passed + card.passed, failed: own.failed + card.failed };
}

/**
 * All ops, and the golden cases with weights in one precision. The registry has every op in both precisions, so a golden case, which
 * compares how they are put together, runs in one with the adapter's kernels and in the other with those of graphics cards.
 */
async function checkKernels(
  gpu: Gpu,
  precision: Precision,
  { goldens, allMatmuls, log }: HostInput,
): Promise<HostCounts> {
  const counts = { passed: 0, failed: 0 };
  const ctx = new Ctx(gpu);
  const { name, software, shaderF16, subgroupMin, subgroupMax } = gpu.facts;
  log(
    `${name}: kernels of ${software ? "software adapters" : "graphics cards"}, shader-f16 ${shaderF16 ? "yes" : "no"}, subgroups ${subgroupMin} to ${subgroupMax}`,
  );
  const part = async (what: string, work: (tally: Tally) => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    const tally = new Tally(log);
    await work(tally);
    tally.report(what, began);
    counts.passed += tally.passed;
    counts.failed += tally.failed;
  };
  const usual = ctx.matmul;
  const checked = allMatmuls || software ? ops : ops.filter((op) => op !== linearOp);
  await part(`${checked.length} ops, matmul ${ctx.matmulTable.default}`, ({ add }) =>
    selfCheck(ctx, { only: checked, onCheck: add }),
  );
  // a named variant's kernels do not depend on the kind of adapter
  const variants = allMatmuls && software ? usableVariants(ctx).filter((one) => one !== usual) : [];
  for (const variant of variants) {
    ctx.matmul = variant;
    await part(`matmul ${variant}`, ({ add }) => selfCheck(ctx, { only: matmulOps(variant), onCheck: add }));
  }
  ctx.matmul = usual;
  const [first] = goldens;
  if (first && precision === "f32") await part("memory of 50 architectures", ({ add }) => checkMemory(ctx, first, add));
  // the blocks of quantised files are stored as they are in both precisions
  const cases = precision === "f32" ? goldens : goldens.filter((folder) => !inBlocks(folder));
  for (const folder of cases)
    await part(`golden ${folder.name}, weights ${precision}`, ({ add }) => checkCase(ctx, folder, precision, add));
  gpu.destroy();
  return counts;
}

/** GPU memory may not grow with the architectures that are shown. */
async function checkMemory(ctx: Ctx, folder: Folder, add: Tally["add"]): Promise<void> {
  const spread = await spreadOverArchitectures(ctx, folder);
  for (const name of ["bytes", "buffers"] as const) {
    const [worst, limit] = [spread[name], MOST_SPREAD[name]];
    add({ op: "memory", case: folder.name, name, ok: worst <= limit, worst, limit });
  }
}

/** Over 50 architectures of one ratio. Their widths give different numbers of uniforms, of a few bytes each. */
const MOST_SPREAD: MemorySpread = { bytes: 0.02, buffers: 0.2 };
