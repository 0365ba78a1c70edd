// Prints what the page showed when a browser test failed: on a machine whose files are gone afterwards, the log is all there is.
import { readFileSync } from "node:fs";
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

/** Longer pages are cut, so that the log stays readable. */
const MOST_LINES = 120;

export default class FailurePages implements Reporter {
  onTestEnd({ title }: TestCase, { attachments }: TestResult): void {
    const contexts = attachments.filter(({ name }) => name === "error-context");
    // it is attached twice
    for (const path of new Set(contexts.map(({ path: file }) => file))) {
      if (path === undefined) continue;
      // Playwright writes it for a test that fails; the page is in it as the names that a screen reader has
      const [, page] = /^```yaml\n(.*?)^```/ms.exec(readFileSync(path, "utf8")) ?? [];
      const lines = page?.split("\n").slice(0, MOST_LINES) ?? [];
      if (lines.length > 0) console.log(`The page when "${title}" failed:\n${lines.join("\n")}`);
    }
  }
}
