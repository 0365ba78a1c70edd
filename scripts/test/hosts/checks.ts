// The checks of npm test on a host without a browser; bundled, and started in Node or Deno by runHost.ts with the name of the host.
import { writeFileSync } from "node:fs";
import { installDawn } from "../../../src/cli/host/dawn.ts";
import { checkCompiles, checkHost, type HostCounts } from "../../../src/lab/hostChecks.fixture.ts";
import { goldensOnDisk } from "../../diskFolder.ts";

const [host] = process.argv.slice(2);
const log = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Chrome's compiler on every kernel with halves and large subgroups, which SwiftShader lacks. */
async function compileForCards(): Promise<HostCounts> {
  installDawn("null");
  return checkCompiles(log);
}

const compiled = host === "dawn" ? await compileForCards() : { passed: 0, failed: 0 };
if (host === "dawn") installDawn();
/**
 * SwiftShader compiles large kernels slowly: there the kernels of graphics cards run op by op only, and those of matmuls in the GPU tests
 * in Chromium, whose compiler and driver are the same as Dawn's. wgpu runs all.
 */
const thorough = host !== "dawn" || process.env["ESPALIER_ADAPTER"] === "hardware";
const checked = await checkHost({
  goldens: goldensOnDisk(),
  allMatmuls: thorough,
  goldensAsCard: thorough,
  log,
});
const passed = compiled.passed + checked.passed;
const failed = compiled.failed + checked.failed;
const report = process.env["ESPALIER_REPORT"];
if (report) writeFileSync(report, JSON.stringify({ numPassedTests: passed, numTotalTests: passed + failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
// Dawn's threads would keep Node alive
process.exit(failed === 0 ? 0 : 1);
