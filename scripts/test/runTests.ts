// npm test: types, lint, formatting, unit, GPU and Python checks and browser tests in this order; stops at the first part that fails.
// `npm test -- unit gpu` runs these parts only. The last line is the total, "N passed, N failed", over the tests that ran.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Counts, readCounts } from "./counts.ts";
import { ensureChromium } from "../chromium/ensureChromium.ts";

const REPORTS = ".cache/reports";
const PARTS = ["types", "lint", "format", "unit", "gpu", "python", "e2e"] as const;
type Part = (typeof PARTS)[number];

const report = (part: Part): string => join(REPORTS, `${part}.json`);
const vitest = (part: Part): string[] => [
  "node_modules/vitest/vitest.mjs",
  "run",
  `--project=${part}`,
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report(part)}`,
];

/** For each part, what it is called and the programs of node_modules that it runs one after the other. */
const PLAN: Record<Part, { title: string; browser?: boolean; programs: string[][] }> = {
  types: {
    title: "types: page, then engine",
    programs: [
      ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
      ["node_modules/typescript/bin/tsc", "-p", "src/engine/tsconfig.json"],
    ],
  },
  lint: {
    title: "lint: eslint, then import cycles",
    programs: [
      ["node_modules/eslint/bin/eslint.js", ".", "--max-warnings=0"],
      ["--import=tsx", "scripts/importCycles.ts", "src", "bench", "scripts", "e2e"],
    ],
  },
  format: { title: "format: prettier", programs: [["node_modules/prettier/bin/prettier.cjs", "--check", "."]] },
  unit: { title: "unit tests in Node", programs: [vitest("unit")] },
  gpu: { title: "GPU tests in Chromium", browser: true, programs: [vitest("gpu")] },
  python: {
    title: "exports in transformers and onnxruntime",
    browser: true,
    programs: [["scripts/run.mjs", "verify:python"]],
  },
  e2e: {
    title: "browser tests of the built studio",
    browser: true,
    programs: [
      ["node_modules/vite/bin/vite.js", "build", "--logLevel=error"],
      ["node_modules/@playwright/test/cli.js", "test"],
    ],
  },
};

const isPart = (word: string): word is Part => PARTS.some((part) => part === word);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

function asked(words: readonly string[]): readonly Part[] {
  const unknown = words.find((word) => !isPart(word));
  if (unknown !== undefined) {
    console.error(`Expected some of ${PARTS.join(", ")}; "${unknown}" came.`);
    process.exit(2);
  }
  return words.length === 0 ? PARTS : PARTS.filter((part) => words.includes(part));
}

function run(part: Part): { ok: boolean; counts: Counts } {
  const { programs } = PLAN[part];
  rmSync(report(part), { force: true });
  const env = { ...process.env, ESPALIER_REPORT: report(part) };
  const ok = programs.every((args) => spawnSync(process.execPath, args, { stdio: "inherit", env }).status === 0);
  const counts = existsSync(report(part)) ? readCounts(readFileSync(report(part), "utf8")) : { passed: 0, failed: 0 };
  return { ok: ok && counts.failed === 0, counts };
}

const parts = asked(process.argv.slice(2));
mkdirSync(REPORTS, { recursive: true });
if (parts.some((part) => PLAN[part].browser)) console.log(`Browser: ${ensureChromium()}`);

const start = performance.now();
let passed = 0;
let failed = 0;
for (const part of parts) {
  const began = performance.now();
  console.log(`\n=== ${PLAN[part].title}`);
  const { ok, counts } = run(part);
  console.log(`--- ${part} ${ok ? "ok" : "FAILED"} in ${seconds(began)}`);
  passed += counts.passed;
  failed += counts.failed;
  if (!ok) {
    // a part that fails without a failing test (types, lint, a crash) must not read as "0 failed"
    failed = Math.max(failed, 1);
    break;
  }
}
console.log(`\n${seconds(start)} in all`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
