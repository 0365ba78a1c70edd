// npm run verify:tokenizers: compares the studio's tokenizer with Python's library over hundreds of generated tokenizers and nasty texts.
// The cases are made by golden/reference/make_tokenizers.py in the Python environment of verify:python. Exit code 1 if one differs.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../src/cli/arguments/usageError.ts";
import { differences, type TokenizerCase } from "../src/engine/tokenizer/check.fixture.ts";
import { ensurePython } from "./pythonEnvironment.ts";
import { type Counts, readCounts } from "./test/counts.ts";

const USAGE = `usage: npm run verify:tokenizers -- [--python PROGRAM]
  --python  a Python with the package tokenizers; by default it is installed into .venv (once)`;

const MAKER = "golden/reference/make_tokenizers.py";
const CACHE = ".cache/tokenizers";
/** The cases: every kind of tokenizer on short texts, and ten kinds on a megabyte. */
const SETS = [
  { name: "short", title: "every kind of tokenizer on short texts", flags: [] },
  { name: "megabyte", title: "ten tokenizers on a megabyte", flags: ["--megabyte"] },
];
const SHOWN_DIFFERENCES = 20;
const SECONDS_BETWEEN_LINES = 5;

/** Makes the cases of one set into its folder. */
function make(python: string, folder: string, flags: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [MAKER, folder, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", (error) => reject(new UsageError(`${python} could not be started (${error.message})`)));
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${MAKER} failed (see above)`))));
  });
}

/** Compares the cases in a folder, one after the other, with a line of progress every few seconds. A case counts as one test. */
function compare(folder: string): Counts {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (files.length === 0) throw new Error(`${folder}: expected tokenizers, got none`);
  let [failed, texts, shown] = [0, 0, performance.now()];
  for (const [at, name] of files.entries()) {
    const one = JSON.parse(readFileSync(join(folder, name), "utf8")) as TokenizerCase;
    texts += one.texts.length;
    const found = differences(one);
    if (found.length > 0) failed++;
    for (const line of found.slice(0, SHOWN_DIFFERENCES)) console.error(`  differs: ${line}`);
    if (performance.now() - shown < 1000 * SECONDS_BETWEEN_LINES && at + 1 < files.length) continue;
    shown = performance.now();
    console.log(`  ${at + 1} of ${files.length} tokenizers, ${texts} texts, ${failed} differ`);
  }
  return { passed: files.length - failed, failed };
}

/** Adds counts to the report that npm test reads: verify:python has written it before. */
function report(path: string, counts: Counts): void {
  const before = existsSync(path) ? readCounts(readFileSync(path, "utf8")) : { passed: 0, failed: 0 };
  const [passed, failed] = [before.passed + counts.passed, before.failed + counts.failed];
  writeFileSync(path, JSON.stringify({ numPassedTests: passed, numTotalTests: passed + failed }));
}

async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { python: { type: "string" }, help: { type: "boolean" } } });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const python = values.python ?? ensurePython();
  rmSync(CACHE, { recursive: true, force: true });
  console.log("Training tokenizers in Python ...");
  // both at the same time, and the first is compared while the second is made
  const made = SETS.map(({ name, flags }) => make(python, join(CACHE, name), flags));
  for (const one of made) one.catch(() => undefined); // awaited below, in order
  const total = { passed: 0, failed: 0 };
  for (const [at, { name, title }] of SETS.entries()) {
    await made[at];
    console.log(`Comparing ${title}`);
    const { passed, failed } = compare(join(CACHE, name));
    total.passed += passed;
    total.failed += failed;
  }
  rmSync(CACHE, { recursive: true, force: true });
  const path = process.env["ESPALIER_REPORT"];
  if (path !== undefined) report(path, total);
  console.log(`${total.passed} tokenizers agree with Python's library, ${total.failed} differ`);
  return total.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
