// What npm test checks on a host without a browser: every kernel, every matmul variant and every golden case, with the kernels that
// the adapter takes and with those of graphics cards.
import { Ctx } from "../engine/ctx.ts";
import { EngineError } from "../engine/errors.ts";
import type { Folder } from "../engine/formats/files/folder.ts";
import { checkGolden } from "../engine/golden/check.ts";
import { AS_CARD, Gpu } from "../engine/gpu/device.ts";
import { usableVariants } from "../engine/ops/linear.ts";
import { linearOp } from "../engine/ops/registry/commonOps.ts";
import { ops } from "../engine/ops/registry/index.ts";
import { type CheckedCase, selfCheck } from "../engine/ops/registry/selfCheck.ts";

interface HostInput {
  goldens: readonly Folder[];
  log: (line: string) => void;
}

export interface HostCounts {
  passed: number;
  failed: number;
}

/** Counts comparisons, logs every one that failed, and keeps the one that is nearest to its limit or beyond it. */
class Tally {
  passed = 0;
  failed = 0;
  private worst: CheckedCase | undefined;

  constructor(private readonly log: (line: string) => void) {}

  readonly add = (check: CheckedCase): void => {
    if (check.ok) this.passed += 1;
    else {
      this.failed += 1;
      this.log(`  FAILED ${describe(check)}`);
    }
    if (this.worst === undefined || shareOf(check) > shareOf(this.worst)) this.worst = check;
  };

  /** Ends a part of the checks: one line with its counts, time and worst error. */
  report(what: string, began: number): void {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const worst = this.worst ? `; nearest to its limit: ${describe(this.worst)}` : "";
    this.log(`${what}: ${this.passed} passed, ${this.failed} failed, ${seconds} s${worst}`);
  }
}

/** Error as a share of the limit; some checks allow none. */
const shareOf = ({ worst, limit }: CheckedCase): number => (limit > 0 ? worst / limit : worst > 0 ? Infinity : 0);

const describe = ({ op, case: name, name: check, worst, limit }: CheckedCase): string =>
  `${op}, ${name}, ${check}: error ${worst.toPrecision(3)}, limit ${limit.toPrecision(3)}`;

/** Runs all checks. A check that fails or is refused by the GPU is logged and counted. Throws what `Gpu.open` throws, and "device-lost". */
export async function checkHost({ goldens, log }: HostInput): Promise<HostCounts> {
  const counts = { passed: 0, failed: 0 };
  for (const kernels of ["own", "card"] as const) {
    const ctx = new Ctx(await Gpu.open(kernels === "card" ? { facts: AS_CARD } : {}));
    const { name, shaderF16, subgroupMin, subgroupMax } = ctx.gpu.facts;
    log(
      kernels === "own"
        ? `${name}; halves ${shaderF16 ? "yes" : "no"}, subgroups of ${subgroupMin} to ${subgroupMax}`
        : "With the kernels of graphics cards",
    );
    const part = async (what: string, work: (tally: Tally) => Promise<void>): Promise<void> => {
      const began = performance.now();
      const tally = new Tally(log);
      await work(tally);
      tally.report(what, began);
      counts.passed += tally.passed;
      counts.failed += tally.failed;
    };
    await part(`all kernels, matmul ${ctx.matmul}`, (tally) => checkOps(ctx, ops, tally));
    // a variant's kernels are the same on both rounds
    const usual = ctx.matmul;
    for (const variant of kernels === "own" ? usableVariants(ctx).filter((one) => one !== usual) : []) {
      ctx.matmul = variant;
      await part(`matmul ${variant}`, (tally) => checkOps(ctx, [linearOp], tally));
    }
    ctx.matmul = usual;
    for (const folder of goldens) await part(`golden ${folder.name}`, (tally) => checkCase(ctx, folder, tally));
    ctx.gpu.destroy();
  }
  return counts;
}

async function checkOps(ctx: Ctx, only: typeof ops, { add }: Tally): Promise<void> {
  await selfCheck(ctx, { only, onCheck: add });
}

/** A golden case with its weights in both precisions. */
async function checkCase(ctx: Ctx, folder: Folder, { add }: Tally): Promise<void> {
  for (const precision of ["f32", "f16"] as const) {
    const place = { op: folder.name, case: `weights ${precision}` };
    const fail = (name: string): void => add({ ...place, name, ok: false, worst: Number.NaN, limit: 0 });
    try {
      const { checks } = await checkGolden(ctx, folder, { precision });
      for (const [name, check] of Object.entries(checks)) add({ ...place, name, ...check });
      if (Object.keys(checks).length === 0) fail("expected checks, got none");
    } catch (error) {
      const { code, message } = EngineError.from(error);
      if (code === "device-lost") throw error;
      fail(message);
    }
  }
}
