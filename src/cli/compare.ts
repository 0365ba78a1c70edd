// npm run compare: runs several methods on one model and text; prints a table and writes compare.json and compare.svg.
import { dirname } from "node:path";
import type { Run } from "../engine/index.ts";
import { runJson } from "../engine/formats/runs/runRecord.ts";
import { runCommand } from "./host/command.ts";
import { COMPARE_USAGE, outputFiles, readCompareArguments } from "./compare/compareArguments.ts";
import { compareChart } from "./compare/compareChart.ts";
import { compareHeadless } from "./compare/compareHeadless.ts";
import { compareTable } from "./compare/compareTable.ts";
import { keyOf, type PlannedRun } from "./compare/methods.ts";
import { replaceFile, Unfinished } from "./compare/unfinished.ts";
import { probeFolder } from "./prune/exportFolders.ts";
import { onInterrupt } from "./host/interrupt.ts";
import { UsageError } from "./arguments/usageError.ts";

/** Comes before anything is measured, so that a run of an hour does not end with files that cannot be written. */
function makeFolder(folder: string): void {
  try {
    probeFolder(folder);
  } catch (error) {
    throw new UsageError(
      `--out: expected a folder that can be written to, got ${folder} (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** Finished runs are written and printed even if a later one fails. */
async function main(argv: string[]): Promise<undefined> {
  const { out, resume, ...given } = readCompareArguments(argv);
  const files = outputFiles(out);
  makeFolder(dirname(files.json));
  const unfinished = new Unfinished(files.json, { ...given, resume });
  const forget = onInterrupt(() => unfinished.hint());
  try {
    const add = (run: Run, planned: PlannedRun): void => unfinished.add(keyOf(planned), run);
    await compareHeadless(given, add, (key) => unfinished.get(key));
    write(files, unfinished.inOrder());
    unfinished.remove();
  } catch (error) {
    const runs = unfinished.inOrder();
    try {
      if (runs.length > 0) write(files, runs);
    } catch {
      // the error that ended the comparison says why; what was finished is in the unfinished file
    }
    if (error instanceof Error && !error.message.startsWith("--resume")) error.message += ` ${unfinished.hint()}`;
    throw error;
  } finally {
    forget();
  }
}

function write({ json, svg }: ReturnType<typeof outputFiles>, finished: ReturnType<Unfinished["inOrder"]>): void {
  const records = finished.map(({ run }) => run.record);
  const planned = finished.map((one) => one.planned);
  const runs = finished.map(({ run }) => runJson(run));
  process.stdout.write(compareTable(records, planned));
  replaceFile(json, `${JSON.stringify(runs, null, 1)}\n`);
  replaceFile(svg, compareChart(records, planned));
}

await runCommand(COMPARE_USAGE, main);
