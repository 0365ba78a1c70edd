// Correctness: every kernel against its reference, every matmul variant, and golden cases against PyTorch.
import { checkGolden } from "../../engine/golden/check.ts";
import type { SelfCheck } from "../../engine/index.ts";
import { usableVariants } from "../../engine/ops/kit/matmulChoice.ts";
import { matmulOps } from "../../engine/ops/registry/commonOps.ts";
import { selfCheck } from "../../engine/ops/registry/selfCheck.ts";
import type { LabPartRun } from "../part.ts";

export const checkKernels: LabPartRun<SelfCheck> = async (ctx, { log, progress }) => {
  const result = await selfCheck(ctx, { onCase: progress });
  log(`kernels: ${result.checks} comparisons, ${result.failed.length} failed`);
  for (const failure of result.failed) log(`  ${failure.op} ${failure.case} ${failure.name}: worst ${failure.worst}`);
  return result;
};

/** All matmul variants, not only the one that this adapter would use. */
export const checkMatmuls: LabPartRun<Record<string, SelfCheck>> = async (ctx, { log, progress }) => {
  const results: Record<string, SelfCheck> = {};
  const variants = (["sized", ...usableVariants(ctx)] as const).map((variant) => ({
    variant,
    only: matmulOps(variant),
  }));
  const casesOf = ({ only }: (typeof variants)[number]): number =>
    only.reduce((sum, { cases }) => sum + cases.length, 0);
  const total = variants.reduce((sum, one) => sum + casesOf(one), 0);
  let before = 0;
  for (const one of variants) {
    const { variant, only } = one;
    ctx.matmul = variant;
    const onCase = (done: number): void => progress(before + done, total, variant);
    const result = await selfCheck(ctx, { only, onCase });
    results[variant] = result;
    before += casesOf(one);
    log(`matmul ${variant}: ${result.checks} comparisons, ${result.failed.length} failed`);
  }
  return results;
};

/** Each golden case, with weights in f32 and in f16. */
export const checkGoldens: LabPartRun<Awaited<ReturnType<typeof checkGolden>>[]> = async (
  ctx,
  { goldens, log, progress },
) => {
  const reports = [];
  for (const folder of goldens) {
    for (const precision of ["f32", "f16"] as const) {
      progress(reports.length, 2 * goldens.length, `${folder.name}, weights ${precision}`);
      const report = await checkGolden(ctx, folder, { precision });
      const checks = Object.values(report.checks);
      const failed = checks.filter(({ ok }) => !ok).length;
      log(`golden ${folder.name} ${precision}: ${checks.length} checks, ${failed} failed`);
      reports.push(report);
    }
  }
  return reports;
};
