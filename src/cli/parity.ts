// npm run parity -- [--half] DIR...: any golden case folders against this engine; one JSON object a case on stdout, a table on stderr.
import { existsSync, statSync } from "node:fs";
import { openHeadless, UsageError } from "./headless.ts";

const USAGE =
  "usage: npm run parity -- [--half] DIR [DIR ...]   (folders made by golden/reference/make_golden.py, such as golden/llama)";
const HALF = "--half";

async function main(argv: readonly string[]): Promise<number> {
  const folders = argv.filter((word) => word !== HALF);
  const precision = argv.includes(HALF) ? "f16" : "f32";
  if (folders.length === 0) throw new UsageError(USAGE);
  for (const folder of folders) {
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new UsageError(`${folder} is not a folder; ${USAGE}`);
  }
  const headless = await openHeadless();
  let exitCode = 0;
  try {
    for (const folder of folders) {
      const served = headless.files.serve(folder);
      const answer = await headless.page.evaluate((of) => window.espalier.parity(of), {
        folder: served,
        precision,
      } as const);
      if ("error" in answer) {
        process.stderr.write(`${folder}: cannot be read: ${answer.error.message}\n`);
        exitCode = 2;
        continue;
      }
      const { adapter, checks } = answer.ok;
      process.stdout.write(`${JSON.stringify(answer.ok)}\n`);
      process.stderr.write(`\n${answer.ok.case}, weights ${precision}, on ${adapter}\n`);
      const width = Math.max(...Object.keys(checks).map((name) => name.length));
      for (const [name, { ok, worst, limit }] of Object.entries(checks)) {
        const verdict = ok ? "ok  " : "FAIL";
        process.stderr.write(
          `  ${verdict} ${name.padEnd(width)}  worst ${worst === null ? "not a number" : worst.toExponential(2)}  limit ${limit}\n`,
        );
      }
      if (exitCode === 0 && Object.values(checks).some(({ ok }) => !ok)) exitCode = 1;
    }
  } finally {
    await headless.close();
  }
  return exitCode;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
