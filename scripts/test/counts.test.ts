// The totals of vitest's and Playwright's reports, of which npm test prints the sum.
import { expect, test } from "vitest";
import { readCounts } from "./counts.ts";

test("vitest's report", () => {
  const report = { numTotalTests: 12, numPassedTests: 10, numFailedTests: 1, numPendingTests: 1, success: false };
  expect(readCounts(JSON.stringify(report))).toEqual({ passed: 10, failed: 2 });
});

test("Playwright's report, in which flaky and skipped tests did not pass", () => {
  const report = { suites: [], stats: { expected: 7, unexpected: 1, flaky: 1, skipped: 1, duration: 5 } };
  expect(readCounts(JSON.stringify(report))).toEqual({ passed: 7, failed: 3 });
});

test("anything else is refused", () => {
  expect(() => readCounts("{}")).toThrow(/report/);
  expect(() => readCounts("null")).toThrow(/report/);
});
