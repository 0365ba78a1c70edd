// npm test: types, lint, formatting, unit and GPU tests, the same kernels on Dawn and wgpu, Python checks and browser tests.
// lanes.ts says what runs together; after a part that fails, no other starts. testArguments.ts says what its arguments mean. The last
// line is the total, "N passed, N failed", of the tests that ran.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ensureChromium } from "../chromium/ensureChromium.ts";
import { readCounts } from "./counts.ts";
import { runLanes, STAGES } from "./lanes.ts";
import { PLAN, programsOf, report, REPORTS } from "./parts.ts";
import { type Part, readTestArguments, TEST_USAGE, type TestArguments } from "./testArguments.ts";

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Prints the lines of a program behind the name of its part, because another part prints at the same time. */
function printNamed(part: Part, stream: Readable): void {
  createInterface({ input: stream }).on("line", (line) => console.log(`${part.padEnd(6)} | ${line}`));
}

/** Runs a program of node_modules; resolves to whether it ended with exit code 0. */
function runProgram(part: Part, args: readonly string[], alone: boolean): Promise<boolean> {
  const env = { ...process.env, ESPALIER_REPORT: report(part) };
  const child = spawn(process.execPath, args, { stdio: alone ? "inherit" : ["ignore", "pipe", "pipe"], env });
  if (child.stdout) printNamed(part, child.stdout);
  if (child.stderr) printNamed(part, child.stderr);
  return new Promise((resolve) => {
    child.on("error", () => {
      resolve(false);
    });
    child.on("close", (code) => {
      resolve(code === 0);
    });
  });
}

interface Outcome {
  ok: boolean;
  passed: number;
  failed: number;
}

async function runPart(part: Part, given: TestArguments, alone: boolean): Promise<Outcome> {
  const began = performance.now();
  console.log(`\n=== ${PLAN[part].title}${given.pattern === undefined ? "" : `: ${given.pattern}`}`);
  rmSync(report(part), { force: true });
  let ok = true;
  for (const args of programsOf(part, given)) ok &&= await runProgram(part, args, alone);
  const counts = existsSync(report(part)) ? readCounts(readFileSync(report(part), "utf8")) : { passed: 0, failed: 0 };
  ok &&= counts.failed === 0;
  console.log(`--- ${part} ${ok ? "ok" : "FAILED"} in ${seconds(began)}`);
  // a part that fails without a failing test (types, lint, a crash, no match) must not read as "0 failed"
  return { ok, passed: counts.passed, failed: ok ? 0 : Math.max(counts.failed, 1) };
}

async function main(given: TestArguments): Promise<void> {
  mkdirSync(REPORTS, { recursive: true });
  if (given.parts.some((part) => PLAN[part].browser)) console.log(`Browser: ${ensureChromium()}`);
  const start = performance.now();
  const outcomes = await runLanes<Part, Outcome>(STAGES, (part, alone) => runPart(part, given, alone), {
    parts: given.parts,
    together: availableParallelism() > 1,
  });
  const sum = (key: "passed" | "failed"): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  console.log(`\n${seconds(start)} in total`);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  process.exitCode = sum("failed") === 0 ? 0 : 1;
}

const words = process.argv.slice(2);
if (words.includes("--help")) {
  console.log(TEST_USAGE);
} else {
  try {
    await main(readTestArguments(words));
  } catch (error) {
    console.error(`npm test: ${error instanceof Error ? error.message : String(error)}\n${TEST_USAGE}`);
    process.exitCode = 2;
  }
}
