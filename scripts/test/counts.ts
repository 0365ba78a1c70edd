// Reads how many tests passed and failed from the JSON reports of vitest and Playwright.

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const numberAt = (report: object, key: string): number | undefined => {
  const value: unknown = Reflect.get(report, key);
  return typeof value === "number" ? value : undefined;
};

/** Counts of a report. A skipped test counts as failed, because it did not pass. Throws a TypeError for any other JSON. */
export function readCounts(text: string): Counts {
  const report: unknown = JSON.parse(text);
  if (typeof report === "object" && report !== null) {
    const passed = numberAt(report, "numPassedTests");
    const total = numberAt(report, "numTotalTests");
    if (passed !== undefined && total !== undefined) return { passed, failed: total - passed };
    const stats: unknown = Reflect.get(report, "stats");
    if (typeof stats === "object" && stats !== null) {
      const [expected, ...rest] = ["expected", "unexpected", "flaky", "skipped"].map(
        (key) => numberAt(stats, key) ?? 0,
      );
      return { passed: expected ?? 0, failed: rest.reduce((sum, count) => sum + count, 0) };
    }
  }
  throw new TypeError("report: expected numPassedTests (vitest) or stats (Playwright), got neither");
}
