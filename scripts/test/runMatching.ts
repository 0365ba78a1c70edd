// Runs the unit or GPU tests that match a pattern: all tests of files whose path contains it, and tests of other files whose name does.
// node --import=tsx scripts/test/runMatching.ts unit|gpu PATTERN [--watch]; the counts go to the file that ESPALIER_REPORT names.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { createVitest, DefaultReporter, type TestModule } from "vitest/node";
import { isPath, matcher } from "./matcher.ts";

const WAITING = "Waiting for a change of a file that these tests import. Ctrl-C ends it.";

/** Vitest's report without the files that have no matching test, and without the keyboard hints of its command line. */
class MatchingReporter extends DefaultReporter {
  override onTestModuleEnd(module: TestModule): void {
    if (module.state() !== "skipped") super.onTestModuleEnd(module);
  }

  /** Vitest calls this without files once before the first run. */
  override onWatcherStart(files?: readonly unknown[]): void {
    if (files) this.log(WAITING);
  }
}

/** Tests that ran; a file that cannot be loaded counts as one failed test. */
function countsOf(modules: readonly TestModule[]): { numPassedTests: number; numTotalTests: number } {
  let [passed, failed] = [0, 0];
  for (const module of modules) {
    const states = [...module.children.allTests()].map((test) => test.result().state);
    passed += states.filter((state) => state === "passed").length;
    const failedHere = states.filter((state) => state === "failed").length;
    failed += module.state() === "failed" ? Math.max(1, failedHere) : failedHere;
  }
  return { numPassedTests: passed, numTotalTests: passed + failed };
}

const [part = "", pattern = "", ...flags] = process.argv.slice(2);
const watch = flags.includes("--watch");
const matches = matcher(pattern);
// the browser gets the pattern as JSON, which has no regular expressions; a string is matched in the same way there
const testNamePattern = Object.assign(matcher(pattern), { toJSON: () => matches.source });
const vitest = await createVitest("test", { project: `${part}*`, watch, reporters: [new MatchingReporter()] });
await vitest.standalone();
// watch mode runs these specifications again, with their name pattern
const specifications = (await vitest.globTestSpecifications()).flatMap((one) => {
  if (matches.test(relative(process.cwd(), one.moduleId).replaceAll("\\", "/"))) return [one];
  return isPath(pattern) ? [] : [one.project.createSpecification(one.moduleId, { testNamePattern })];
});
const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
const counts = countsOf(testModules);
const report = process.env["ESPALIER_REPORT"];
if (report) writeFileSync(report, JSON.stringify(counts));
if (counts.numTotalTests === 0)
  console.error(`expected a ${part} test whose path or name contains "${pattern}", got none`);
if (counts.numTotalTests === 0 || counts.numPassedTests < counts.numTotalTests || unhandledErrors.length > 0)
  process.exitCode = 1;
if (watch) {
  const ran = new Set(testModules.filter((module) => module.state() !== "skipped").map(({ moduleId }) => moduleId));
  vitest.onFilterWatchedSpecification(({ moduleId }) => ran.has(moduleId));
  console.log(WAITING);
} else {
  await vitest.close();
}
