// Counts the checks of a host, and reports them part by part.
import type { CheckedCase } from "../engine/ops/registry/selfCheck.ts";

export interface HostCounts {
  passed: number;
  failed: number;
}

/** Counts comparisons, logs every one that failed, and keeps the one that is nearest to its limit or beyond it. */
export class Tally {
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
    const worst = this.worst && shareOf(this.worst) > 0 ? `; nearest to its limit: ${describe(this.worst)}` : "";
    this.log(`${what}: ${this.passed} passed, ${this.failed} failed, ${seconds} s${worst}`);
  }
}

/** Error as a share of the limit; some checks allow none. */
const shareOf = ({ worst, limit }: CheckedCase): number => (limit > 0 ? worst / limit : worst > 0 ? Infinity : 0);

const describe = ({ op, case: name, name: check, worst, limit }: CheckedCase): string =>
  `${op}, ${name}, ${check}: error ${worst.toPrecision(3)}, limit ${limit.toPrecision(3)}`;
