// Compares every op with its reference on the user's adapter: the same cases as the tests, from the same registry.
import type { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import { ops } from "./index.ts";
import type { Check, CheckedOp } from "./parity.ts";

/** One comparison, and the op and the case that it belongs to. */
export type CheckedCase = Check & { op: string; case: string };

export interface SelfCheck {
  /** Number of comparisons: outputs and gradients of all cases of all ops. */
  checks: number;
  failed: CheckedCase[];
  /** One entry per op. Results of older versions have none. */
  ops?: OpErrors[];
  seconds: number;
}

/** The comparison of an op that comes nearest to its limit, or exceeds it most. */
interface OpErrors extends Pick<Check, "worst" | "limit"> {
  op: string;
  checks: number;
  case: string;
}

interface SelfCheckOptions {
  /** Default: all. */
  only?: readonly CheckedOp[];
  /** Called with every comparison. */
  onCheck?: (check: CheckedCase) => void;
  /** Called before each case, and once at the end with an empty name. */
  onCase?: (done: number, of: number, op: string) => void;
  /** Asked between cases; true stops the check. */
  cancelled?: () => boolean;
}

/** Runs all cases of the ops. A kernel that the adapter refuses is a failed check, named by the reason. Throws "cancelled" and "device-lost". */
export async function selfCheck(
  ctx: Ctx,
  { only = ops, onCheck, onCase, cancelled }: SelfCheckOptions = {},
): Promise<SelfCheck> {
  const began = performance.now();
  const cases = only.flatMap((op) => op.cases.map((name) => ({ op, name })));
  const failed: SelfCheck["failed"] = [];
  const perOp = new Map<string, OpErrors>();
  let checks = 0;
  for (const [done, { op, name }] of cases.entries()) {
    if (cancelled?.()) throw new EngineError("cancelled", "The check of the GPU was stopped.");
    onCase?.(done, cases.length, op.name);
    const found = await op.parity(ctx, name).catch((error: unknown): Check[] => {
      const { code, message } = EngineError.from(error);
      if (code === "device-lost") throw error;
      return [{ name: message, ok: false, worst: Number.NaN, limit: 0, refused: true }];
    });
    checks += found.length;
    const named = found.map((check) => ({ ...check, op: op.name, case: name }));
    for (const check of named) {
      onCheck?.(check);
      perOp.set(op.name, worse(perOp.get(op.name), { ...check, checks: 1 }));
    }
    failed.push(...named.filter(({ ok }) => !ok));
  }
  onCase?.(cases.length, cases.length, "");
  return { checks, failed, ops: [...perOp.values()], seconds: (performance.now() - began) / 1000 };
}

/** The error as a share of its limit; NaN, of a kernel that was refused, is the worst. */
const severity = ({ worst, limit }: Pick<Check, "worst" | "limit">): number =>
  worst === 0 ? 0 : Number.isNaN(worst) ? Infinity : worst / limit;

function worse(known: OpErrors | undefined, { op, checks, case: name, worst, limit }: OpErrors): OpErrors {
  const found = { op, checks, case: name, worst, limit };
  if (!known) return found;
  return { ...(severity(found) > severity(known) ? found : known), checks: known.checks + checks };
}
