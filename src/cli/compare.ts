// npm run compare: runs several methods on one model and text; prints a table and writes compare.json and compare.svg.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Run } from "../engine/index.ts";
import { runJson } from "../engine/formats/runs/runRecord.ts";
import { runCommand } from "./host/command.ts";
import { COMPARE_USAGE, outputFiles, readCompareArguments } from "./compare/compareArguments.ts";
import { compareChart } from "./compare/compareChart.ts";
import { compareHeadless } from "./compare/compareHeadless.ts";
import { compareTable } from "./compare/compareTable.ts";
import { UsageError } from "./arguments/usageError.ts";

/** Comes before anything is measured, so that a run of an hour does not end with files that cannot be written. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(
      `--out: expected a folder that can be created, got ${folder} (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** Finished runs are written and printed even if a later one fails. */
async function main(argv: string[]): Promise<undefined> {
  const { out, ...given } = readCompareArguments(argv);
  const files = outputFiles(out);
  makeFolder(dirname(files.json));
  const runs: Run[] = [];
  try {
    await compareHeadless(given, (run) => runs.push(run));
  } finally {
    if (runs.length > 0) {
      const records = runs.map(({ record }) => record);
      writeFileSync(files.json, `${JSON.stringify(runs.map(runJson), null, 1)}\n`);
      writeFileSync(files.svg, compareChart(records, given.runs));
      process.stdout.write(compareTable(records, given.runs));
    }
  }
}

await runCommand(COMPARE_USAGE, main);
