// The checks of npm test on a host without a browser; bundled, and started in Node or Deno by runHost.ts with the name of the host.
import { writeFileSync } from "node:fs";
import { installDawn } from "../../../src/cli/host/dawn.ts";
import { checkCompiles, checkHost } from "../../../src/lab/hostChecks.fixture.ts";
import { checkMatrices, checkMatrixTexts, hasMatrixUnit } from "../../../src/lab/matrixChecks.fixture.ts";
import type { HostCounts } from "../../../src/lab/tally.fixture.ts";
import { NO_MATRIX_UNIT } from "./exitCodes.ts";
import { goldensOnDisk } from "../../diskFolder.ts";

const [host] = process.argv.slice(2);
const log = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sumOf = (a: HostCounts, b: HostCounts): HostCounts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
});

/** Chrome's compiler on every kernel with halves, large subgroups or matrix units, which SwiftShader lacks. */
async function compileForCards(): Promise<HostCounts> {
  installDawn("null");
  return sumOf(await checkCompiles(log), await checkMatrixTexts(log));
}

/**
 * SwiftShader compiles large kernels slowly: there the kernels of graphics cards run op by op only, and those of matmuls in the GPU tests
 * in Chromium, whose compiler and driver are the same as Dawn's. wgpu runs all.
 */
const thorough = host !== "dawn" || process.env["ESPALIER_ADAPTER"] === "hardware";

async function countsOf(): Promise<HostCounts> {
  if (host === "matrices") {
    installDawn();
    if (!(await hasMatrixUnit())) process.exit(NO_MATRIX_UNIT);
    return checkMatrices(goldensOnDisk(), log);
  }
  const compiled = host === "dawn" ? await compileForCards() : { passed: 0, failed: 0 };
  if (host === "dawn") installDawn();
  const checked = await checkHost({
    goldens: goldensOnDisk(),
    allMatmuls: thorough,
    goldensAsCard: thorough,
    log,
  });
  return sumOf(compiled, checked);
}

const { passed, failed } = await countsOf();
const report = process.env["ESPALIER_REPORT"];
if (report) writeFileSync(report, JSON.stringify({ numPassedTests: passed, numTotalTests: passed + failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
// Dawn's threads would keep Node alive
process.exit(failed === 0 ? 0 : 1);
